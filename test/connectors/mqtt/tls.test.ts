// TLS against a real broker: the three usual mistakes give three different sentences; client certificates by file and inline; WebSocket.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import mqttConnector from '../../../src/connectors/mqtt/index.ts';
import { haveMosquitto, type Mosquitto, startMosquitto } from '../../helpers/mosquitto.ts';
import { makeTlsFiles, type TlsFiles } from '../../helpers/tls-files.ts';

let folder = '';
let files: TlsFiles;
let broker: Mosquitto | undefined;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kuiper-tls-'));
  files = makeTlsFiles(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await broker?.remove();
  broker = undefined;
});

const secure = (cert: Parameters<TlsFiles['cert']>[0], more = '') =>
  startMosquitto(`allow_anonymous true\ncertfile ${files.cert(cert)}\nkeyfile ${files.key(cert)}\ncafile ${files.ca}\n${more}`);
const probe = (props: Record<string, unknown>) =>
  mqttConnector.connection!.test({ server: `ssl://localhost:${broker!.port}`, rootCaPath: files.ca, ...props }, AbortSignal.timeout(4000));
const inline = (file: string) => readFileSync(file).toString('base64');

describe.runIf(haveMosquitto)('MQTT over TLS', () => {
  it('connects with the right CA, as file and inline, by name and by address', async () => {
    broker = await secure('good');
    await probe({});
    await probe({ rootCaPath: '', rootCARaw: inline(files.ca) });
    await probe({ server: `mqtts://127.0.0.1:${broker.port}` });
    await probe({ rootCaPath: files.otherCa, insecureSkipVerify: true });
  });

  it('wrong CA, expired certificate and wrong host name are three different errors in plain words', async () => {
    broker = await secure('good');
    await expect(probe({ rootCaPath: files.otherCa })).rejects.toThrow(/signed by a CA that is not trusted: set rootCaPath/);
    await broker.remove();
    broker = await secure('expired');
    await expect(probe({})).rejects.toThrow(/certificate has expired: renew it on the broker/);
    await broker.remove();
    broker = await secure('wrongHost');
    await expect(probe({})).rejects.toThrow(/certificate is for another host name/);
    await probe({ tlsServerName: 'broker.example.com' });
  });

  it('files that hold no certificate or the key of another are told by property', async () => {
    broker = await secure('good');
    const paths = { certificationPath: files.cert('client'), privateKeyPath: files.key('client') };
    await expect(probe({ rootCaPath: files.key('client') })).rejects.toThrow(
      /rootCaPath or rootCARaw holds no PEM text with a certificate/,
    );
    await expect(probe({ ...paths, privateKeyPath: files.cert('client') })).rejects.toThrow(
      /privateKeyRaw holds no PEM text with a private/,
    );
    await expect(probe({ ...paths, privateKeyPath: files.key('good') })).rejects.toThrow(/the key is not the one of the certificate/);
    await expect(probe({ certificationPath: paths.certificationPath })).rejects.toThrow(/certificationPath needs its privateKeyPath/);
    await expect(probe({ server: `wss://[::1]:${broker.port}` })).rejects.not.toThrow(/Invalid URL/);
  });

  it('client certificates: by file, inline, missing, and a file that is not there', async () => {
    broker = await secure('good', 'require_certificate true\n');
    const paths = { certificationPath: files.cert('client'), privateKeyPath: files.key('client') };
    await probe(paths);
    await probe({ certificationRaw: inline(paths.certificationPath), privateKeyRaw: inline(paths.privateKeyPath) });
    await probe({ certficationRaw: inline(paths.certificationPath), privateKeyRaw: inline(paths.privateKeyPath) });
    await expect(probe({})).rejects.toThrow(/demands a client certificate: set certificationPath and privateKeyPath/);
    await expect(probe({ ...paths, rootCaPath: '/nowhere/ca.crt' })).rejects.toThrow(/rootCaPath "\/nowhere\/ca.crt" cannot be read/);
  });

  it('says that the port does not speak TLS', async () => {
    broker = await startMosquitto();
    await expect(probe({})).rejects.toThrow(/does not speak TLS on this port|closed the connection/);
  });

  it('WebSocket, plain and over TLS', async () => {
    // a WebSocket front before a real broker: the mosquitto of Debian 12 cannot listen for WebSocket where there is no IPv6
    broker = await startMosquitto();
    const { WebSocketServer, createWebSocketStream } = await import('ws');
    const servers = [createServer(), createSecureServer({ cert: readFileSync(files.cert('good')), key: readFileSync(files.key('good')) })];
    const ports = await Promise.all(
      servers.map(async (server) => {
        new WebSocketServer({ server, path: '/mqtt' }).on('connection', (socket) => {
          const stream = createWebSocketStream(socket);
          pipeline(stream, connect(broker!.port, '127.0.0.1'), stream, () => socket.terminate());
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return (server.address() as AddressInfo).port;
      }),
    );
    const test = (server: string, ca: string) =>
      mqttConnector.connection!.test({ server, rootCaPath: ca, protocolVersion: '3.1.1' }, AbortSignal.timeout(4000));
    await test(`ws://127.0.0.1:${ports[0]}`, '');
    await test(`wss://localhost:${ports[1]}/mqtt`, files.ca);
    await expect(test(`wss://localhost:${ports[1]}`, files.otherCa)).rejects.toThrow(/CA that is not trusted/);
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
  });
});
