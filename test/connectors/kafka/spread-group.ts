// Several gateways as one, killed one after the other: rows go by key through rules with state (spread-member.ts) into PostgreSQL and a topic, and
// what is there is compared with what was sent. Used by spread.test.ts and scripts/spread-campaign.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import { serverAddress } from '../../../src/connectors/sql/server/dburl.ts';
import { openSession } from '../../../src/connectors/sql/server/session.ts';
import { until } from '../../helpers/mosquitto.ts';
import type { RealServer } from '../../helpers/real-server.ts';
import type { MemberSettings } from './spread-member.ts';

const tls = { certificationPath: '', privateKeyPath: '', rootCaPath: '', certificationRaw: '', privateKeyRaw: '', rootCARaw: '', insecureSkipVerify: false, tlsMinVersion: 'tls1.2' }; // biome-ignore format: one line
const network = { network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
const KEYS = 12;
const PARTITIONS = 6;
const FAR_MS = 3_600_000;

export interface GroupOptions {
  kafka: RealServer;
  postgres: RealServer;
  name: string;
  kills: number;
  /** From one kill to the next. */
  everyMs: number;
  /** A member that is killed starts again after so long. */
  downMs: number;
  /** Set: each third time the member is not killed but stopped for so long: it goes on as one that the group took for dead. */
  stallMs?: number;
  /** Rows each 20 ms. */
  perTick: number;
  intervalMs?: number;
  pick(members: number): number;
  /** Of the members' own log, from level warn on. */
  log?(line: string): void;
}

export interface GroupResult {
  members: number;
  kills: number;
  stalls: number;
  sent: number;
  /** Rows that are in no result. */
  lost: number;
  /** Results that were sent again: what an action without a key of its own gets. */
  repeated: number;
  /** Rows whose key did not have them in order. */
  disordered: number;
  windows: number;
  wrongWindows: number;
  seconds: number;
}

interface StepRow {
  id: string;
  seq: bigint;
  before: bigint | null;
}

export async function runGroup(o: GroupOptions): Promise<GroupResult> {
  const startedAtMs = Date.now();
  const brokers = `127.0.0.1:${o.kafka.port}`;
  const client = { clientId: o.name, bootstrapBrokers: [brokers] };
  const admin = new Admin(client);
  await admin.createTopics({ topics: [o.name, `${o.name}-out`], partitions: PARTITIONS });
  await admin.close();
  const dburl = `postgres://kuiper@127.0.0.1:${o.postgres.port}/postgres`;
  const session = await openSession(network, serverAddress(dburl)!, tls, () => undefined);
  for (const text of [
    'DROP TABLE IF EXISTS windows',
    'DROP TABLE IF EXISTS steps',
    'CREATE TABLE windows (id TEXT PRIMARY KEY, d TEXT, ends BIGINT, n BIGINT, total BIGINT)',
    'CREATE TABLE steps (id TEXT PRIMARY KEY, d TEXT, seq BIGINT, before BIGINT)',
  ])
    await session.all(text, []);

  const settings: MemberSettings = { brokers, topic: o.name, group: o.name, dburl, intervalMs: o.intervalMs ?? 1000 };
  const start = async (): Promise<ChildProcess> => {
    const file = join(import.meta.dirname, 'spread-member.ts');
    const child = spawn(process.execPath, [file, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = Promise.withResolvers<void>();
    child.stdout!.on('data', (chunk: Buffer) => {
      for (const line of String(chunk).trim().split('\n')) {
        if (line === 'ready') ready.resolve();
        else o.log?.(line);
      }
    });
    child.on('exit', (code) => ready.reject(new Error(`a member ended with ${code}`)));
    ready.promise.catch(() => undefined); // it may be killed later
    await ready.promise;
    return child;
  };
  const members = await Promise.all([start(), start(), start()]);
  const producer = new Producer<string, string, string, string>({
    ...client,
    idempotent: true,
    acks: -1,
    serializers: { key: (k) => Buffer.from(k ?? ''), value: (v) => Buffer.from(v ?? '') },
  });
  const expected = new Map<string, { n: number; total: number }>();
  let sent = 0;
  let stalls = 0;
  let on = true;
  const send = async (rows: { d: string; seq: number; v: number; ts: number }[]) => {
    await producer.send({ messages: rows.map((r) => ({ topic: o.name, key: r.d, value: JSON.stringify(r) })) });
  };
  const feed = (async () => {
    const next = new Map<string, number>();
    while (on) {
      const rows = Array.from({ length: o.perTick }, () => {
        const d = `d${sent % KEYS}`;
        const seq = next.get(d) ?? 0;
        next.set(d, seq + 1);
        const ts = Date.now();
        const end = (Math.floor(ts / 1000) + 1) * 1000;
        const w = expected.get(`${d}-${end}`) ?? { n: 0, total: 0 };
        expected.set(`${d}-${end}`, { n: w.n + 1, total: w.total + (sent % 100) });
        return { d, seq, v: sent++ % 100, ts };
      });
      await send(rows);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  try {
    for (let i = 0; i < o.kills; i++) {
      await new Promise((resolve) => setTimeout(resolve, o.everyMs - o.downMs));
      const which = o.pick(members.length);
      if (o.stallMs && i % 3 === 2) {
        stalls++;
        o.log?.(`stall ${members[which]!.pid} ${Date.now()}`);
        members[which]!.kill('SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, o.stallMs));
        members[which]!.kill('SIGCONT');
        continue;
      }
      o.log?.(`kill ${members[which]!.pid} ${Date.now()}`);
      const gone = once(members[which]!, 'exit');
      members[which]!.kill('SIGKILL');
      await gone;
      await new Promise((resolve) => setTimeout(resolve, o.downMs));
      members[which] = await start();
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
    on = false;
    await feed;
    // a row far ahead in each partition: its windows end
    const ts = Date.now() + FAR_MS;
    await producer.send({
      messages: Array.from({ length: PARTITIONS }, (_, partition) => ({
        topic: o.name,
        partition,
        key: `end${partition}`,
        value: JSON.stringify({ d: `end${partition}`, seq: 0, v: 0, ts }),
      })),
    });
    const count = async (text: string) => Number((await session.all(text, []))[0]!['c']);
    const ended = async () =>
      (await count("SELECT count(*) AS c FROM windows WHERE d LIKE 'd%'")) >= expected.size &&
      (await count("SELECT count(*) AS c FROM steps WHERE d LIKE 'd%'")) >= sent;
    await until(ended, 'all results are there', 120_000).catch(() => undefined); // what is missing is counted below
    const windows = (await session.all("SELECT id, n, total FROM windows WHERE d LIKE 'd%'", [])) as {
      id: string;
      n: bigint;
      total: bigint;
    }[];
    const right = windows.filter((w) => {
      const e = expected.get(w.id);
      return e && e.n === Number(w.n) && e.total === Number(w.total);
    }).length;
    const steps = (await session.all("SELECT id, seq, before FROM steps WHERE d LIKE 'd%'", [])) as unknown as StepRow[];
    const wrongSteps = steps.filter((r) => Number(r.before ?? -1) !== Number(r.seq) - 1).length;
    const out = await readOut(client, `${o.name}-out`, sent);
    if (steps.length < sent) o.log?.(`${sent - steps.length} rows are not in the table`);
    for (const gap of out.gaps) o.log?.(`gap: ${gap}`);
    return {
      members: members.length,
      kills: o.kills - stalls,
      stalls,
      sent,
      lost: sent - Math.min(steps.length, out.first),
      repeated: out.all - out.first,
      disordered: wrongSteps + out.disordered,
      windows: expected.size,
      wrongWindows: expected.size - right + (windows.length - right),
      seconds: Math.round((Date.now() - startedAtMs) / 1000),
    };
  } finally {
    on = false;
    await feed.catch(() => undefined);
    for (const m of members) m.kill('SIGKILL');
    await producer.close(true);
    session.close();
  }
}

/** What the topic has of each key: how many rows at all, how many for the first time, how many of these out of order. */
async function readOut(client: { clientId: string; bootstrapBrokers: string[] }, topic: string, sent: number) {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({ ...client, groupId: `${topic}-check`, autocommit: false });
  const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
  let left = ends.reduce((n, end) => n + Number(end), 0);
  const last = new Map<string, number>();
  let [all, first, disordered] = [0, 0, 0];
  const gaps: string[] = [];
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  for await (const m of stream) {
    const { d, seq } = JSON.parse(m.value.toString()) as { d: string; seq: number };
    if (d.startsWith('d')) {
      all++;
      const before = last.get(d) ?? -1;
      if (seq > before) {
        first++;
        if (seq !== before + 1) {
          disordered++;
          gaps.push(`${d}: ${seq} behind ${before} at ${m.partition}/${m.offset}`);
        }
        last.set(d, seq);
      }
    }
    if (--left === 0) break;
  }
  await consumer.close(true);
  return { all, first: Math.min(first, sent), disordered, gaps };
}
