// Servers of sinks are killed and started again under load, 20 times each; every row must be there. Figures go to bench/results/sinks.json.
// `--kills n`, `--seed n`, `--only influx,redis,postgres,mariadb,nats,amqp,kafka`. Part of `make campaign`; test/suites/sinks-record.test.ts reads the record.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { connect as connectBroker } from 'amqplib';
import { connectRedis } from '../src/connectors/redis/connect.ts';
import { serverAddress } from '../src/connectors/sql/server/dburl.ts';
import { openSession } from '../src/connectors/sql/server/session.ts';
import type { Props } from '../src/contract/props.ts';
import type { Row } from '../src/data/value.ts';
import { startRabbitmq } from '../test/connectors/amqp/rabbitmq.ts';
import { ask, startInflux } from '../test/connectors/influx/influxd.ts';
import { startKafka } from '../test/connectors/kafka/kafka-server.ts';
import { startMariadb, startPostgres } from '../test/connectors/sql/database-servers.ts';
import { randomFrom } from '../test/helpers/random.ts';
import { type RealServer, startServer } from '../test/helpers/real-server.ts';
import { startRig, underKills } from '../test/helpers/rule-rig.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
});
const kills = Number(values.kills);
const network = { network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
const tls = { certificationPath: '', privateKeyPath: '', rootCaPath: '', certificationRaw: '', privateKeyRaw: '', rootCARaw: '', insecureSkipVerify: false, tlsMinVersion: 'tls1.2' }; // biome-ignore format: one line

interface Trial {
  start(): Promise<RealServer>;
  prepare?(server: RealServer): Promise<void>;
  action(server: RealServer): Record<string, Props>;
  row(n: number): Row;
  /** Rows each 5 ms while the server is killed; default 20. */
  perTick?: number;
  /** Every number that is there, doubles too. */
  read(server: RealServer): Promise<number[]>;
}

const database = (start: () => Promise<RealServer>, url: (port: number, db: string) => string, system: string, make: string): Trial => ({
  start,
  async prepare(server) {
    for (const [db, text] of [
      [system, make],
      ['plant', 'CREATE TABLE t (n BIGINT PRIMARY KEY)'],
    ] as const) {
      const session = await openSession(network, serverAddress(url(server.port, db))!, tls, () => undefined);
      await session.all(text, []);
      session.close();
    }
  },
  action: (server) => ({ sql: { dburl: url(server.port, 'plant'), table: 't', writeMode: 'upsert', keyField: 'n' } }),
  row: (n) => ({ n: BigInt(n) }),
  async read(server) {
    const session = await openSession(network, serverAddress(url(server.port, 'plant'))!, tls, () => undefined);
    const rows = await session.all('SELECT n FROM t', []);
    session.close();
    return rows.map((r) => Number(r['n']));
  },
});

const trials: Record<string, Trial> = {
  influx: {
    start: () => startInflux(),
    prepare: async (server) => void (await ask(server, 'CREATE DATABASE plant')),
    action: (s) => ({
      influx: { addr: `http://127.0.0.1:${s.port}`, database: 'plant', measurement: 'm', tsFieldName: 'ts', precision: 'ns' },
    }),
    row: (n) => ({ v: n, ts: BigInt(n + 1) }),
    read: async (server) => (await ask(server, 'SELECT v FROM m')).map((r) => r['v'] as number),
  },
  redis: {
    start: () =>
      startServer({
        name: 'redis',
        command: ({ port, folder }) =>
          `redis-server --bind 127.0.0.1 --port ${port} --dir ${folder} --appendonly yes --appendfsync always --save `.split(' '),
      }),
    action: (s) => ({ redis: { addr: `127.0.0.1:${s.port}`, key: 'l', dataType: 'list' } }),
    row: (n) => ({ n }),
    async read(server) {
      const connection = await connectRedis(network, { address: `127.0.0.1:${server.port}`, username: '', password: '', db: 0, ...tls });
      const list = (await connection.command('LRANGE', 'l', '0', '-1')) as string[];
      connection.close();
      return list.map((t) => (JSON.parse(t) as { n: number }).n);
    },
  },
  postgres: database(startPostgres, (port, db) => `postgres://kuiper@127.0.0.1:${port}/${db}`, 'postgres', 'CREATE DATABASE plant'),
  mariadb: database(startMariadb, (port, db) => `mysql://root@127.0.0.1:${port}/${db}`, 'mysql', 'CREATE DATABASE plant'),
  nats: {
    start: () =>
      startServer({
        name: 'nats',
        command: ({ port, folder }) => ['nats-server', '-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder],
      }),
    async prepare(server) {
      const nc = await connect({ servers: `127.0.0.1:${server.port}` });
      await (await jetstreamManager(nc)).streams.add({ name: 'k', subjects: ['k.>'] });
      await nc.close();
    },
    action: (s) => ({ nats: { servers: `127.0.0.1:${s.port}`, subject: 'k.x', jetstream: true } }),
    row: (n) => ({ n }),
    async read(server) {
      const nc = await connect({ servers: `127.0.0.1:${server.port}` });
      const streams = (await jetstreamManager(nc)).streams;
      const { messages } = (await streams.info('k')).state;
      const out: number[] = [];
      for (let seq = 1; out.length < messages; seq++) {
        const m = await streams.getMessage('k', { seq });
        if (m) out.push((m.json() as { n: number }).n);
      }
      await nc.close();
      return out;
    },
  },
};

trials['amqp'] = {
  start: startRabbitmq,
  // it is up again after 10 s, and syncs each message
  perTick: 2,
  async prepare(server) {
    const own = await connectBroker(`amqp://127.0.0.1:${server.port}`);
    await (await own.createChannel()).assertQueue('k', { durable: true });
    await own.close();
  },
  action: (s) => ({ amqp: { server: `127.0.0.1:${s.port}`, routingKey: 'k' } }),
  row: (n) => ({ n }),
  async read(server) {
    const own = await connectBroker(`amqp://127.0.0.1:${server.port}`);
    const channel = await own.createChannel();
    const out: number[] = [];
    for (let m = await channel.get('k', { noAck: true }); m; m = await channel.get('k', { noAck: true }))
      out.push((JSON.parse(m.content.toString()) as { n: number }).n);
    await own.close();
    return out;
  },
};
trials['kafka'] = {
  start: () => startKafka(),
  action: (s) => ({ kafka: { brokers: `127.0.0.1:${s.port}`, topic: 'k', key: '{{.n}}' } }),
  row: (n) => ({ n }),
  async read(server) {
    const props = { brokers: `127.0.0.1:${server.port}`, offsetReset: 'earliest', groupID: 'reader' };
    const reader = await startRig({ source: { type: 'kafka', datasource: 'k', props } });
    let before = -1;
    // the end of the topic is where nothing comes for a while
    while (reader.got.length === 0 || reader.got.length !== before) {
      before = reader.got.length;
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
    const out = reader.got.map((r) => Number(r['n']));
    await reader.close();
    return out;
  },
};

/** Package of Debian → version, of the servers that are there. */
function versions(): Record<string, string> {
  const packages = ['influxdb', 'redis-server', 'postgresql', 'mariadb-server', 'nats-server', 'rabbitmq-server'];
  const text = execFileSync('dpkg-query', ['-W', '-f', '${Package} ${Version}\\n', ...packages], { encoding: 'utf8' });
  return {
    ...Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((l) => l.split(' ') as [string, string]),
    ),
    kafka: '4.1.0',
  };
}

const random = randomFrom(Number(values.seed));
const between = (low: number, high: number) => () => Math.round(low + random() * (high - low));
const wanted = values.only ? values.only.split(',') : Object.keys(trials);
const results: Record<string, { kills: number; sent: number; lost: number; doubled: number; parked: number; seconds: number }> = {};
let broken = 0;
for (const name of wanted) {
  const trial = trials[name]!;
  const server = await trial.start();
  const startedAtMs = Date.now();
  try {
    await trial.prepare?.(server);
    const rig = await startRig({ actions: [trial.action(server)] });
    const sent = await underKills(rig, server, {
      kills,
      row: trial.row,
      everyMs: between(300, 1500),
      downMs: between(50, 1000),
      perTick: trial.perTick ?? 20,
    });
    await rig.settled(300_000);
    const { parked, dropped, refused } = rig.health();
    const numbers = await trial.read(server);
    const there = new Set(numbers);
    const lost = sent - there.size;
    results[name] = {
      kills,
      sent,
      lost,
      doubled: numbers.length - there.size,
      parked,
      seconds: Math.round((Date.now() - startedAtMs) / 1000),
    };
    if (lost > 0 || parked > 0 || dropped > 0 || refused > 0) broken++;
    console.log(name, results[name]);
    await rig.close();
  } finally {
    await server.remove();
  }
}
// sinks that were not tried now keep what was found of them
const file = path.join(import.meta.dirname, '../bench/results/sinks.json');
const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { results: typeof results }).results : {};
const record = {
  at: new Date().toISOString(),
  node: process.version,
  seed: Number(values.seed),
  versions: versions(),
  results: { ...before, ...results },
};
if (broken === 0) writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`);
process.exit(broken > 0 ? 1 : 0);
