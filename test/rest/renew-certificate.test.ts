// A certificate that was made again is served after a reload, without a restart; one that cannot be used leaves the old one.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { json } from '../../src/rest/reply.ts';
import { createRouter } from '../../src/rest/router.ts';
import { openRestServer } from '../../src/rest/server.ts';
import { makeTlsFiles } from '../helpers/tls-files.ts';

const fingerprint = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });

// @covers issue:16#3
test('a new certificate is served after a reload, a wrong one is refused with its file and the old one stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'renew-'));
  const files = makeTlsFiles(folder);
  const tls = { certFile: join(folder, 'now.crt'), keyFile: join(folder, 'now.key') };
  const use = (name: 'good' | 'client') => {
    copyFileSync(files.cert(name), tls.certFile);
    copyFileSync(files.key(name), tls.keyFile);
  };
  use('good');
  const server = await openRestServer({
    ip: '127.0.0.1',
    port: 0,
    tls,
    router: Promise.resolve(createRouter([{ method: 'GET', path: '/', handle: () => json({}) }])),
    clock: createRealClock(),
    log: createMemoryLog().log,
    credentials: () => undefined,
    allowedHosts: () => [],
    auditLog: () => false,
  });
  try {
    const port = Number(new URL(server.url).port);
    const first = await fingerprint(port);
    use('client');
    expect(await fingerprint(port)).toBe(first);
    server.renewCertificate();
    const second = await fingerprint(port);
    expect(second).not.toBe(first);
    copyFileSync(files.key('good'), tls.keyFile);
    expect(() => server.renewCertificate()).toThrow('the key is not the one of the certificate');
    writeFileSync(tls.certFile, 'nonsense');
    expect(() => server.renewCertificate()).toThrow('no certificate and key in PEM form');
    expect(await fingerprint(port)).toBe(second);
  } finally {
    server.destroy();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
