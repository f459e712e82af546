// A second oracle of delivery: beside kills, rules are replaced and restarted all the time, and the broker of the sinks goes away. Numbered
// QoS 1 messages go in; each must come out of a plain rule, of a window that is replaced with its state, and of a batch. Used by
// storm.test.ts (a short round) and `scripts/kill-campaign.ts` (long rounds).
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { type Daemon, must, running, startDaemon } from '../../bench/daemon.ts';
import { startMosquitto } from '../helpers/mosquitto.ts';
import { seeded } from './conservation.ts';

export interface StormOptions {
  seed: number;
  /** Faults, of these kinds in turn at random. */
  faults: number;
  kinds: readonly ('put' | 'putWindow' | 'restart' | 'kill' | 'sinkAway' | 'stopOther')[];
  rate: number;
  pauseMs: number;
  /** At the end, what is still under way may come as long as something comes at least this often. */
  drainMs?: number;
  /** Properties of all sinks, e.g. of the cache. */
  sinkProps?: Record<string, unknown>;
  protocolVersion?: string;
}

export interface StormReport {
  sent: number;
  /** Numbers that never came out, by rule. */
  lost: Record<'plain' | 'window' | 'batch', number[]>;
  /** Rows whose text is not that of their number. */
  altered: number;
  /** First comings out of order. */
  outOfOrder: number;
  duplicates: number;
  did: Record<string, number>;
}

type Row = { n?: number; text?: string; ns?: number[] };
/** Follows from the number, so that a mixed up or cut row is seen. */
const textOf = (n: number): string => `${n} → ${((n * 7919) % 1_000_003).toString(36)} "ü"`;
const message = (n: number): string => JSON.stringify({ n, text: textOf(n) });

export async function storm(o: StormOptions): Promise<StormReport> {
  const random = seeded(o.seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const persistent = 'allow_anonymous true\nmax_queued_messages 0\npersistence true\npersistence_location {folder}/\nautosave_interval 1';
  const input = await startMosquitto(persistent);
  const output = await startMosquitto(persistent);
  const clients: mqtt.MqttClient[] = [];
  let daemon: Daemon | undefined;
  try {
    const connect = (port: number, clientId: string) => {
      const c = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId, clean: false, reconnectPeriod: 100, protocolVersion: 4 });
      c.on('error', () => undefined); // a stopped broker is part of the plan; the client reconnects
      clients.push(c);
      return c;
    };
    let altered = 0;
    const got = { plain: [] as number[], window: [] as number[], batch: [] as number[] };
    const collector = connect(output.port, 'storm-collector');
    collector.on('message', (topic, payload) => {
      const rule = topic.split('/')[1] as keyof typeof got;
      const result = JSON.parse(payload.toString()) as Row | Row[];
      for (const row of Array.isArray(result) ? result : [result])
        if ('ns' in row && row.ns) got[rule].push(...row.ns);
        else {
          got[rule].push(row.n!);
          if (row.text !== textOf(row.n!)) altered++;
        }
    });
    await collector.subscribeAsync('out/+', { qos: 1 });
    const env = { MQTT_SOURCE__DEFAULT__PROTOCOLVERSION: o.protocolVersion ?? '5' };
    const first = await startDaemon(input.port, { keepRoot: true, env });
    daemon = first;
    const sink = (rule: string, more: object = {}) => ({
      mqtt: { server: output.url, topic: `out/${rule}`, qos: 1, ...o.sinkProps, ...more },
    });
    let edition = 0;
    const rules: Record<string, () => object> = {
      plain: () => ({
        id: 'plain',
        sql: `SELECT n, text FROM s WHERE n >= 0 AND n > -${++edition}`,
        actions: [sink('plain', { sendSingle: true })],
      }),
      window: () => ({
        id: 'window',
        sql: 'SELECT collect(n) AS ns FROM s GROUP BY COUNTWINDOW(7)',
        actions: [sink('window', { omitIfEmpty: ++edition % 2 === 0 })],
      }),
      batch: () => ({
        id: 'batch',
        sql: 'SELECT n, text FROM s',
        actions: [sink('batch', { batchSize: 11, lingerInterval: 300, sendSingle: true })],
      }),
      other: () => ({ id: 'other', sql: 'SELECT n FROM s WHERE n % 2 = 0', actions: [{ nop: {} }] }),
    };
    await must(daemon, 'POST', '/streams', { sql: 'CREATE STREAM s () WITH (DATASOURCE="in/#", FORMAT="json", SHARED="true")' });
    for (const rule of Object.values(rules)) await must(daemon, 'POST', '/rules', rule());
    for (const id of Object.keys(rules)) await running(daemon, id);
    const publisher = connect(input.port, 'storm-publisher');
    let sent = 0;
    let publishing = true;
    const confirmed: Promise<unknown>[] = [];
    const publish = () => confirmed.push(publisher.publishAsync('in/a', message(sent++), { qos: 1 }));
    const sending = (async () => {
      while (publishing) {
        for (let i = 0; i < Math.max(1, o.rate / 50); i++) publish();
        await sleep(20);
      }
    })();
    const did: Record<string, number> = {};
    for (let i = 0; i < o.faults; i++) {
      await sleep(o.pauseMs * (0.2 + 1.6 * random()));
      const kind = pick(o.kinds);
      did[kind] = (did[kind] ?? 0) + 1;
      switch (kind) {
        case 'put':
          await must(daemon, 'PUT', '/rules/plain', rules['plain']!());
          break;
        case 'putWindow':
          await must(daemon, 'PUT', '/rules/window', rules['window']!());
          break;
        case 'restart':
          await must(daemon, 'POST', '/rules/plain/restart');
          break;
        case 'stopOther':
          await must(daemon, 'POST', `/rules/other/${pick(['start', 'stop'])}`);
          break;
        case 'kill':
          await daemon.kill();
          // kills from outside are the plan here: they are not to be taken for a crash loop
          rmSync(path.join(first.root, 'data/crash-guard.json'), { force: true });
          daemon = await startDaemon(input.port, { root: first.root, env });
          break;
        case 'sinkAway':
          await output.stop('SIGTERM');
          await sleep(300 + 2500 * random());
          await output.start();
      }
    }
    await sleep(o.pauseMs);
    publishing = false;
    await sending;
    const judged = sent;
    // fills what waits in windows and batches
    for (let i = 0; i < 30; i++) publish();
    await Promise.all(confirmed);
    const missing = (list: readonly number[]) => {
      const seen = new Set(list);
      return Array.from({ length: judged }, (_, n) => n).filter((n) => !seen.has(n));
    };
    // a slow machine is no loss: the wait ends when nothing comes any more
    const patienceMs = o.drainMs ?? 30_000;
    let rows = -1;
    let quietSince = Date.now();
    while (Object.values(got).some((list) => missing(list).length > 0) && Date.now() - quietSince < patienceMs) {
      const now = Object.values(got).reduce((n, list) => n + list.length, 0);
      if (now !== rows) quietSince = Date.now();
      rows = now;
      await new Promise((go) => setTimeout(go, 1000));
    }
    const seen = new Set<number>();
    let high = -1;
    let outOfOrder = 0;
    for (const n of got.plain) {
      if (seen.has(n)) continue;
      seen.add(n);
      if (n < high) outOfOrder++;
      high = Math.max(high, n);
    }
    if (process.env['KUIPER_STORM_STATUS'])
      for (const id of Object.keys(rules)) console.log(id, (await daemon.rest('GET', `/rules/${id}/health`)).text);
    return {
      sent: judged,
      lost: { plain: missing(got.plain), window: missing(got.window), batch: missing(got.batch) },
      altered,
      outOfOrder,
      duplicates: got.plain.length - seen.size,
      did,
    };
  } finally {
    for (const c of clients) c.end(true);
    await daemon?.kill();
    await input.remove();
    await output.remove();
  }
}
