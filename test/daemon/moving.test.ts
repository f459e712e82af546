// A gateway moves: its backup, and an export as eKuiper writes it, are taken over by a fresh daemon, and everything connects again to a broker that asks
// for a password over TLS with a client certificate.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../helpers/mosquitto.ts';
import { makeTlsFiles, type TlsFiles } from '../helpers/tls-files.ts';
import { type RunningDaemon, runDaemon } from './daemon-process.ts';

let folder: string;
let tls: TlsFiles;
let broker: Mosquitto;
const PASSWORD = 's3cret-broker';

describe.runIf(haveMosquitto)('a broker with a password, TLS and client certificates', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-moving-'));
    tls = makeTlsFiles(folder);
    const users = join(folder, 'users');
    writeFileSync(users, '');
    execFileSync('mosquitto_passwd', ['-b', users, 'plant', PASSWORD], {
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
    });
    broker = await startMosquitto(
      [
        'allow_anonymous false',
        `password_file ${users}`,
        `cafile ${tls.ca}`,
        `certfile ${tls.cert('good')}`,
        `keyfile ${tls.key('good')}`,
        'require_certificate true',
      ].join('\n'),
    );
  }, 30_000);
  afterAll(async () => {
    await broker?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const rootOf = (name: string) => {
    const root = join(folder, name);
    mkdirSync(join(root, 'etc/certs'), { recursive: true });
    return root;
  };
  const props = (root: string) => ({
    server: `ssl://127.0.0.1:${broker.port}`,
    username: 'plant',
    password: PASSWORD,
    certificationPath: join(root, 'etc/certs/client.crt'),
    privateKeyPath: join(root, 'etc/certs/client.key'),
    rootCaPath: join(root, 'etc/certs/ca.crt'),
  });
  const putCertificates = (root: string) => {
    for (const [name, file] of [
      ['client.crt', tls.cert('client')],
      ['client.key', tls.key('client')],
      ['ca.crt', tls.ca],
    ] as const)
      writeFileSync(join(root, 'etc/certs', name), readFileSync(file));
  };
  const rules = {
    viaKey: {
      id: 'viaKey',
      sql: 'SELECT * FROM keyed',
      actions: [{ mqtt: { connectionSelector: 'con1', topic: 'out/key', sendSingle: true } }],
    },
    viaConnection: {
      id: 'viaConnection',
      sql: 'SELECT * FROM selected',
      actions: [{ mqtt: { connectionSelector: 'con1', topic: 'out/con', sendSingle: true } }],
    },
  };
  const configuration = (root: string) => ({
    streams: {
      keyed: 'CREATE STREAM keyed () WITH (DATASOURCE="in/key", TYPE="mqtt", CONF_KEY="plant", FORMAT="JSON")',
      selected: 'CREATE STREAM selected () WITH (DATASOURCE="in/con", TYPE="mqtt", CONF_KEY="byConnection", FORMAT="JSON")',
    },
    tables: {},
    rules: Object.fromEntries(Object.entries(rules).map(([id, rule]) => [id, JSON.stringify(rule)])),
    sourceConfig: { mqtt: JSON.stringify({ plant: props(root), byConnection: { connectionSelector: 'con1', qos: 1 } }) },
    connectionConfig: { mqtt: JSON.stringify({ con1: props(root) }) },
  });
  /** Both rules read and write over their connections. */
  const connects = async (daemon: RunningDaemon) => {
    for (const id of Object.keys(rules))
      await until(
        async () => {
          const { sources, sinks } = JSON.parse((await daemon.call('GET', `/rules/${id}/health`)).text) as Record<
            string,
            { connection: string }[]
          >;
          return [...sources!, ...sinks!].length === 2 && [...sources!, ...sinks!].every((c) => c.connection === 'connected');
        },
        `${id} is connected`,
        20_000,
      );
  };

  // @covers issue:21#4
  test('an export as eKuiper writes it connects again', async () => {
    const root = rootOf('ekuiper');
    putCertificates(root);
    const daemon = await runDaemon(root);
    const answer = await daemon.call('POST', '/data/import', { content: JSON.stringify(configuration(root)) });
    expect(answer.status, answer.text).toBe(200);
    await connects(daemon);
    // our own export has its secrets masked, and the gateway that wrote it knows them: nothing is lost on the way back
    const { text } = await daemon.call('GET', '/data/export');
    expect(text).not.toContain(PASSWORD);
    expect((await daemon.call('POST', '/data/import', { content: text })).status).toBe(200);
    await connects(daemon);
    await daemon.stop();
  }, 60_000);

  // @covers issue:21#2
  test('a backup restored on a fresh gateway connects again, certificates and passwords included', async () => {
    const [first, second] = [rootOf('first'), rootOf('first-again')];
    putCertificates(first);
    const a = await runDaemon(first);
    expect((await a.call('POST', '/data/import', { content: JSON.stringify(configuration(second)) })).status).toBe(200);
    const file = await fetch(`${a.url}/backup`, { method: 'POST', body: JSON.stringify({ passphrase: 'correct horse' }) });
    const bytes = Buffer.from(await file.arrayBuffer());
    await a.stop();
    const b = await runDaemon(second);
    const answer = await b.call('POST', '/restore', { backup: bytes.toString('base64'), passphrase: 'correct horse' });
    expect(answer.status, answer.text).toBe(200);
    await connects(b);
    await b.stop();
    // and after a restart, with the key of its own
    const again = await runDaemon(second);
    await connects(again);
    await again.stop();
  }, 90_000);
});
