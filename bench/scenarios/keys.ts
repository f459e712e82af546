// What 100,000 keys cost: resident memory of a whole daemon before and after each of so many devices has sent one message, by what the rule keeps of
// a key. Before, the rule has had as many messages of one device, so that what grows are the keys. Beside it the heap of one key alone, which
// test/windows/key-memory.test.ts holds.
import mqtt from 'mqtt';
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { counter, must, running, startDaemon } from '../daemon.ts';
import { median, rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';
import { settled } from './load.ts';

const KEYS = 100_000;
/** What eKuiper 2.4 grew by with lag and with a state window (74 to 111 MB). */
const PEER_MB = 37;

const cases: readonly [name: string, sql: string][] = [
  ['lag', 'SELECT k, lag(v) OVER (PARTITION BY k) AS l FROM b WHERE v < 0'],
  ['state window', 'SELECT k, count(*) AS n FROM b GROUP BY STATEWINDOW(v > 0, v < 0) OVER (PARTITION BY k)'],
  ['session', 'SELECT k, count(*) AS n, avg(v) AS m FROM b GROUP BY k, SESSIONWINDOW(hh, 10, 1)'],
  ['tumbling window', 'SELECT k, avg(v) AS m FROM b GROUP BY k, TUMBLINGWINDOW(hh, 24)'],
  ['held_for', 'SELECT k FROM b WHERE held_for(v > 0, hh, 5) OVER (PARTITION BY k)'],
];

interface Memory {
  name: string;
  beforeMB: number;
  afterMB: number;
  bytesPerKey: number;
}

async function measure(name: string, sql: string, keys: number): Promise<Memory> {
  const broker = await startMosquitto('allow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0');
  const daemon = await startDaemon(broker.port);
  const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
  try {
    await must(daemon, 'POST', '/streams', { sql: 'CREATE STREAM b () WITH (DATASOURCE="bench/keys", FORMAT="json")' });
    await must(daemon, 'POST', '/rules', { id: 'r', sql, options: { sqlCompatibility: 'standard' }, actions: [{ nop: {} }] });
    await running(daemon, 'r');
    let sent = 0;
    // as fast as the rule reads: what is measured is memory, and a queue would be some
    const send = async (count: number, key: (i: number) => string): Promise<void> => {
      for (let i = 0; i < count; ) {
        const batch: Promise<unknown>[] = [];
        for (const end = Math.min(count, i + 2000); i < end; i++)
          batch.push(client.publishAsync('bench/keys', JSON.stringify({ k: key(i), v: i + 1.5 }), { qos: 1 }));
        await Promise.all(batch);
        sent += batch.length;
        let got = 0;
        for (let look = 0; look < 10 && got < sent; look++)
          got = await settled(() => counter(daemon, 'r', /^source_.*_records_in_total$/), sent);
        if (got < sent) throw new Error(`the rule got ${got} of ${sent} messages`);
      }
    };
    /** The middle of some looks: garbage comes and goes. */
    const resident = async (): Promise<number> => {
      const looks: number[] = [];
      for (let i = 0; i < 10; i++) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        looks.push(rssBytes(daemon.pid));
      }
      return median(looks);
    };
    await send(keys, () => 'device-0');
    const before = await resident();
    await send(keys, (i) => `device-${i}`);
    const after = await resident();
    return { name, beforeMB: before / 1e6, afterMB: after / 1e6, bytesPerKey: Math.round((after - before) / keys) };
  } finally {
    await client.endAsync(true);
    await daemon.kill();
    await broker.remove();
  }
}

export const keys: Scenario<{ keys: number; cases: Memory[] }> = {
  name: 'keys',
  doc: 'resident memory of 100,000 keys, by what a rule keeps of a key',
  needsBroker: true,
  async run({ count }) {
    // a small count is a trial of the scenario
    const keys = count >= KEYS ? KEYS : 2000;
    const found: Memory[] = [];
    for (const [name, sql] of cases) found.push(await measure(name, sql, keys));
    return { keys, cases: found };
  },
  print: ({ keys, cases }) =>
    cases.map((c) => {
      const grown = c.afterMB - c.beforeMB;
      const limit = c.name === 'lag' || c.name === 'state window' ? ` (eKuiper ${PEER_MB} MB) ${grown <= PEER_MB ? 'ok' : 'MISSED'}` : '';
      return `${keys} keys of ${c.name.padEnd(16)} ${c.beforeMB.toFixed(0)} to ${c.afterMB.toFixed(0)} MB: ${grown.toFixed(1)} MB more, ${c.bytesPerKey} bytes a key${limit}`;
    }),
};
