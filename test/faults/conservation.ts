// The oracle of delivery: numbered QoS 1 messages go in, the daemon is killed and the broker stopped again and again, and everything must
// come out: each number in the plain rule's output, each number in at least one window, order per device kept up to repetitions.
// Used by kill.test.ts (a short round) and `scripts/campaign.ts` (long rounds).
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { type Daemon, must, running, startDaemon } from '../../bench/daemon.ts';
import { type Mosquitto, startMosquitto, until } from '../helpers/mosquitto.ts';

export interface CampaignOptions {
  seed: number;
  kills: number;
  brokerStops: number;
  devices: number;
  /** Messages per second. */
  rate: number;
  /** Time between two faults, ms, on average. */
  faultEveryMs: number;
  /** MQTT protocol that the gateway's source speaks. */
  protocolVersion?: string;
  /** Rule option; `early` is how the campaign is shown to find losses. */
  ackPolicy?: 'late' | 'early';
}

export interface CampaignReport {
  sent: number;
  delivered: number;
  duplicates: number;
  lost: number[];
  outOfOrder: number;
  missingInWindows: number[];
  /** Messages that the broker (or the publisher) itself doubled. */
  doubledByBroker: number[];
  /** Event-time windows that are missing or not exact. */
  wrongSums: string[];
  kills: number;
  brokerStops: number;
}

/** Event time of message 0, epoch ms; 5 ms lie between messages. */
const START = 1_700_000_000_000;
const PER_WINDOW = 200;

function subsetSums(list: readonly number[]): Set<number> {
  let sums = new Set([0]);
  // a handful at most; more than ten are not told apart
  for (const n of list.slice(0, 10)) sums = new Set([...sums, ...[...sums].map((s) => s + n)]);
  return sums;
}

/** Small seeded generator (mulberry32), so that a failing round can be run again. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export async function campaign(o: CampaignOptions): Promise<CampaignReport> {
  const random = seeded(o.seed);
  const broker: Mosquitto = await startMosquitto(
    'allow_anonymous true\nmax_queued_messages 0\npersistence true\npersistence_location {folder}/\nautosave_interval 1',
  );
  let daemon: Daemon | undefined;
  const clients: mqtt.MqttClient[] = [];
  try {
    const passed: { d: number; n: number }[] = [];
    const windows: number[][] = [];
    /** What the broker itself gave out, to a subscriber that takes each message exactly once. */
    const raw: number[] = [];
    const sums: { w: number; s: number; c: number }[] = [];
    const connect = (clientId: string) => {
      const c = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { clientId, clean: false, reconnectPeriod: 100, protocolVersion: 4 });
      c.on('error', () => undefined); // a stopped broker is part of the plan; the client reconnects
      clients.push(c);
      return c;
    };
    const collector = connect('campaign-collector');
    collector.on('message', (topic, payload) => {
      const row = JSON.parse(payload.toString()) as { d: number; n: number; ns: number[]; w: number; s: number; c: number };
      if (topic.startsWith('in/')) raw.push(row.n);
      else if (topic === 'campaign/pass') passed.push(row);
      else if (topic === 'campaign/sum') sums.push(row);
      else windows.push(row.ns);
    });
    await collector.subscribeAsync({ 'campaign/+': { qos: 1 }, 'in/+': { qos: 2 } });
    const env = { MQTT_SOURCE__DEFAULT__PROTOCOLVERSION: o.protocolVersion ?? '5.0' };
    const first = await startDaemon(broker.port, { keepRoot: true, env });
    daemon = first;
    const options = { ackPolicy: o.ackPolicy ?? 'late' };
    const sink = (topic: string) => ({ mqtt: { server: broker.url, topic, qos: 1, sendSingle: true } });
    await must(daemon, 'POST', '/streams', { sql: 'CREATE STREAM s () WITH (DATASOURCE="in/#", FORMAT="json")' });
    await must(daemon, 'POST', '/rules', { id: 'pass', sql: 'SELECT d, n FROM s', actions: [sink('campaign/pass')], options });
    await must(daemon, 'POST', '/rules', {
      id: 'win',
      sql: 'SELECT collect(n) AS ns FROM s GROUP BY COUNTWINDOW(10)',
      actions: [sink('campaign/win')],
      options,
    });
    // event time that the publisher gives: 200 messages are one second
    await must(daemon, 'POST', '/streams', { sql: 'CREATE STREAM e () WITH (DATASOURCE="in/#", FORMAT="json", TIMESTAMP="ts")' });
    await must(daemon, 'POST', '/rules', {
      id: 'sum',
      sql: 'SELECT window_start() AS w, sum(n) AS s, count(*) AS c FROM e GROUP BY TUMBLINGWINDOW(ss, 1)',
      actions: [sink('campaign/sum')],
      options: { ...options, isEventTime: true, lateTolerance: '0s' },
    });
    await running(daemon, 'sum');
    await running(daemon, 'pass');
    await running(daemon, 'win');
    const publisher = connect('campaign-publisher');
    let sent = 0;
    let publishing = true;
    // QoS 2, so that the publisher itself doubles nothing when the broker stops; the gateway gets it at QoS 1
    const confirmed: Promise<unknown>[] = [];
    const send = (async () => {
      while (publishing) {
        for (let i = 0; i < Math.max(1, o.rate / 50); i++) {
          const n = sent++;
          confirmed.push(
            publisher.publishAsync(`in/${n % o.devices}`, JSON.stringify({ d: n % o.devices, n, ts: START + n * 5 }), { qos: 1 }),
          );
        }
        await sleep(20);
      }
    })();
    const faults = [...Array<'kill'>(o.kills).fill('kill'), ...Array<'broker'>(o.brokerStops).fill('broker')];
    for (let i = faults.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [faults[i], faults[j]] = [faults[j]!, faults[i]!];
    }
    for (const fault of faults) {
      await sleep(o.faultEveryMs * (0.3 + 1.4 * random()));
      if (fault === 'kill') {
        await daemon.kill();
        // kills from outside are the plan here: they are not to be taken for a crash loop
        rmSync(path.join(first.root, 'data/crash-guard.json'), { force: true });
        daemon = await startDaemon(broker.port, { root: first.root, env });
      } else {
        await broker.stop('SIGTERM');
        await sleep(100 + 400 * random());
        await broker.start();
      }
    }
    await sleep(o.faultEveryMs);
    publishing = false;
    await send;
    await Promise.all(confirmed);
    // the last window may stay open: fill it with messages that are not judged
    const judged = sent;
    const missing = () => {
      const seen = new Set(passed.map((p) => p.n));
      return Array.from({ length: judged }, (_, n) => n).filter((n) => !seen.has(n));
    };
    const missingInWindows = () => {
      const seen = new Set(windows.flat());
      return Array.from({ length: judged }, (_, n) => n).filter((n) => !seen.has(n));
    };
    for (let i = 0; i < 10; i++)
      await publisher.publishAsync('in/0', JSON.stringify({ d: 0, n: sent, ts: START + sent++ * 5 }), { qos: 2 });
    await until(() => missing().length === 0 && missingInWindows().length === 0, 'everything delivered', 20_000).catch(() => undefined);
    const high = new Map<number, number>();
    let outOfOrder = 0;
    const seenFirst = new Set<number>();
    for (const { d, n } of passed) {
      if (seenFirst.has(n)) continue; // a repetition
      seenFirst.add(n);
      if (n < (high.get(d) ?? -1)) outOfOrder++;
      high.set(d, Math.max(n, high.get(d) ?? -1));
    }
    const whole = Math.floor(judged / PER_WINDOW);
    await until(() => new Set(sums.map((s) => s.w)).size >= whole, 'all windows closed', 10_000).catch(() => undefined);
    const times = new Map<number, number>();
    for (const n of raw) times.set(n, (times.get(n) ?? 0) + 1);
    const doubledByBroker = [...times].filter(([, t]) => t > 1).map(([n]) => n);
    const wrongSums: string[] = [];
    const seenWindows = new Set(sums.map((s) => s.w));
    for (let k = 0; k < whole; k++) if (!seenWindows.has(START + k * 1000)) wrongSums.push(`window ${k} is missing`);
    for (const { w, s, c } of sums) {
      const k = (w - START) / 1000;
      const right = PER_WINDOW * k * PER_WINDOW + (PER_WINDOW * (PER_WINDOW - 1)) / 2;
      // what came twice out of the broker is two messages for everyone behind it
      const doubled = doubledByBroker.filter((n) => Math.floor(n / PER_WINDOW) === k);
      const excess = s - right;
      const explained = c - PER_WINDOW <= doubled.length && subsetSums(doubled).has(excess);
      if (k < whole && (c !== PER_WINDOW || excess !== 0) && !explained)
        wrongSums.push(`window ${k}: ${c} rows, sum ${s} instead of ${right}`);
    }
    return {
      doubledByBroker,
      wrongSums,
      sent: judged,
      delivered: seenFirst.size,
      duplicates: passed.length - seenFirst.size,
      lost: missing(),
      outOfOrder,
      missingInWindows: missingInWindows(),
      kills: o.kills,
      brokerStops: o.brokerStops,
    };
  } finally {
    for (const c of clients) c.end(true);
    await daemon?.kill();
    await broker.remove();
  }
}
