// Downloads and calls of the fleet: resume, checksum, client certificates, and a token that stays with its server.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFleetHttp, type FleetHttp } from '../../src/fleet/http.ts';
import { type HttpPeer, startHttpPeer } from '../helpers/http-peer.ts';
import { makeTlsFiles } from '../helpers/tls-files.ts';

let root: string;
let peer: HttpPeer;
let http: FleetHttp;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-fleet-http-'));
  peer = await startHttpPeer();
  http = createFleetHttp({ ca: '', cert: '', key: '' }, 'kuiper/test');
});
afterEach(async () => {
  http.close();
  await peer.close();
  rmSync(root, { recursive: true, force: true });
});
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

test('a file whose server has no ranges is fetched from its start again', async () => {
  const file = join(root, 'f');
  writeFileSync(`${file}.part`, 'other begin');
  peer.answer = (s) => void s.end('0123456789abcdef');
  await http.download({ url: peer.url, file, sha256: sha('0123456789abcdef'), size: 16 });
  expect(peer.asked[0]!.headers.range).toBe('bytes=11-');
  expect(readFileSync(file, 'utf8')).toBe('0123456789abcdef');
  expect(existsSync(`${file}.part`)).toBe(false);
  // what is there already is not asked for
  await http.download({ url: peer.url, file, sha256: sha('0123456789abcdef'), size: 16 });
  expect(peer.asked.length).toBe(1);
});

test.each([
  ['another part than was asked for', 206, { 'content-range': 'bytes 3-9/10' }, 'sent another part'],
  ['more than was announced', 200, {}, 'it is longer than the 10 bytes'],
  ['an error', 500, {}, 'the server answered 500'],
] as const)('a server that sends %s makes an error, and nothing of it is kept', async (_what, status, headers, problem) => {
  const file = join(root, 'f');
  if (status === 206) writeFileSync(`${file}.part`, '01234');
  peer.answer = (s) => void s.writeHead(status, headers).end('0123456789 and more');
  await expect(http.download({ url: peer.url, file, sha256: sha('0123456789'), size: 10 })).rejects.toThrow(problem);
  expect(existsSync(file)).toBe(false);
  if (status !== 500) expect(existsSync(`${file}.part`)).toBe(false);
});

test('a file that needs more room than the disk has is not begun', async () => {
  await expect(http.download({ url: peer.url, file: join(root, 'f'), sha256: sha(''), size: 2 ** 50 })).rejects.toThrow(
    'bytes are free'.replace('bytes are ', ''),
  );
  expect(peer.asked).toEqual([]);
});

test('a token is not sent to another server that the first one leads to', async () => {
  const other = await startHttpPeer();
  peer.answer = (s) => void s.writeHead(302, { location: `${other.url}/file` }).end();
  await http.send({ url: peer.url, headers: { authorization: 'TargetToken geheim' } });
  expect(peer.asked[0]!.headers.authorization).toBe('TargetToken geheim');
  expect(other.asked[0]!.path).toBe('/file');
  expect(other.asked[0]!.headers.authorization).toBeUndefined();
  // within one server it stays
  peer.answer = (s, n) => void (n % 2 === 0 ? s.writeHead(302, { location: '/there' }).end() : s.end('ok'));
  await http.send({ url: peer.url, headers: { authorization: 'TargetToken geheim' } });
  expect(peer.asked.at(-1)).toMatchObject({ path: '/there', headers: { authorization: 'TargetToken geheim' } });
  await other.close();
});

test('a gateway proves who it is by its certificate, and a server of another CA is refused', async () => {
  const files = makeTlsFiles(root);
  const [own, device] = (['good', 'client'] as const).map((n) => ({ cert: files.cert(n), key: files.key(n) })) as [
    { cert: string; key: string },
    { cert: string; key: string },
  ];
  const names: string[] = [];
  const server: Server = createServer(
    { cert: readFileSync(own.cert), key: readFileSync(own.key), ca: readFileSync(files.ca), requestCert: true, rejectUnauthorized: true },
    (q: IncomingMessage, s) => {
      names.push(String((q.socket as TLSSocket).getPeerCertificate().subject.CN));
      s.end('ok');
    },
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  try {
    const known = createFleetHttp({ ca: files.ca, cert: device.cert, key: device.key }, 'kuiper/test');
    expect((await known.send({ url })).body.toString()).toBe('ok');
    expect(names).toEqual(['client']);
    await expect(createFleetHttp({ ca: files.ca, cert: '', key: '' }, 'x').send({ url })).rejects.toMatchObject({ code: 'FLEET_SERVER' });
    await expect(createFleetHttp({ ca: '', cert: device.cert, key: device.key }, 'x').send({ url })).rejects.toMatchObject({
      code: 'FLEET_SERVER',
    });
    expect(names.length).toBe(1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
