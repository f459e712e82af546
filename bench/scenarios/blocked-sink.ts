// One rule of 1,000 has a sink that accepts connections and never answers: the others lose nothing, and their latency stays. Measured in one
// run, with the sink answering first and blocked then.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import mqtt from 'mqtt';
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { counter, type Daemon, must, running, startDaemon } from '../daemon.ts';
import { percentile, rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';
import { settled } from './load.ts';

interface Phase {
  p50Ms: number;
  p99Ms: number;
  sent: number;
  /** By the rule whose latency is measured. */
  received: number;
  /** Least that any of the other rules counted. */
  leastCounted: number;
}

interface Result {
  rules: number;
  answering: Phase;
  blocked: Phase;
  peakRssMB: number;
  /** What the health of the blocked rule says. */
  problem: string;
}

const PER_SECOND = 500;

async function phase(daemon: Daemon, client: mqtt.MqttClient, rules: number, sent: number): Promise<Phase> {
  const samples = [0, 1, Math.floor(rules / 2), rules - 1];
  const counted = (i: number) => counter(daemon, `r${i}`, /^source_.*_records_in_total$/);
  const before = await Promise.all(samples.map(counted));
  const times: number[] = [];
  const onMessage = (_topic: string, payload: Buffer) =>
    void times.push(performance.now() - (JSON.parse(payload.toString()) as { t: number }).t);
  client.on('message', onMessage);
  const start = performance.now();
  for (let n = 0; n < sent; ) {
    const due = ((performance.now() - start) * PER_SECOND) / 1000;
    for (; n < Math.min(due, sent); n++)
      client.publish('bench/blocked', JSON.stringify({ t: performance.now(), device: `dev-${n % rules}` }), { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const received = await settled(async () => times.length, sent);
  const counts = await Promise.all(samples.map((i, k) => settled(async () => (await counted(i)) - before[k]!, sent)));
  client.off('message', onMessage);
  const steady = times.slice(Math.floor(times.length / 10)).sort((a, b) => a - b);
  return { p50Ms: percentile(steady, 0.5), p99Ms: percentile(steady, 0.99), sent, received, leastCounted: Math.min(...counts) };
}

export const blockedSink: Scenario<Result> = {
  name: 'blocked-sink',
  doc: 'one blocked sink among 1,000 rules: what the others lose and how late they are',
  needsBroker: true,
  async run({ count }) {
    // a small count is a trial of the scenario
    const rules = count >= 100_000 ? 1000 : 50;
    const sent = count >= 100_000 ? 10_000 : 1500;
    const broker = await startMosquitto('allow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0');
    let answers = true;
    const sink = http.createServer((request, response) => {
      if (answers) request.resume().on('end', () => response.end('ok'));
    });
    sink.listen(0, '127.0.0.1');
    await once(sink, 'listening');
    const daemon = await startDaemon(broker.port, { env: { KUIPER__BASIC__ENABLEPRIVATENET: 'true' } });
    const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, rssBytes(daemon.pid));
    }, 100);
    try {
      await must(daemon, 'POST', '/streams', { sql: 'CREATE STREAM b () WITH (DATASOURCE="bench/blocked", FORMAT="json", SHARED="TRUE")' });
      for (let i = 0; i < rules - 2; i++)
        await must(daemon, 'POST', '/rules', { id: `r${i}`, sql: `SELECT t FROM b WHERE device = "dev-${i}"`, actions: [{ nop: {} }] });
      const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`;
      await must(daemon, 'POST', '/rules', { id: `r${rules - 2}`, sql: 'SELECT t FROM b', actions: [{ rest: { url, method: 'post' } }] });
      await must(daemon, 'POST', '/rules', {
        id: `r${rules - 1}`,
        sql: 'SELECT t FROM b',
        actions: [{ mqtt: { server: broker.url, topic: 'bench/blocked/out', qos: 0, sendSingle: true } }],
      });
      await running(daemon, `r${rules - 1}`);
      await client.subscribeAsync('bench/blocked/out');
      await phase(daemon, client, rules, Math.floor(sent / 5)); // warm
      const answering = await phase(daemon, client, rules, sent);
      answers = false;
      const blocked = await phase(daemon, client, rules, sent);
      const health = JSON.parse((await daemon.rest('GET', `/rules/r${rules - 2}/health`)).text) as { problems: string[] };
      return { rules, answering, blocked, peakRssMB: peak / 1e6, problem: health.problems[0] ?? '' };
    } finally {
      clearInterval(watch);
      await client.endAsync(true);
      await daemon.kill();
      sink.close();
      sink.closeAllConnections();
      await broker.remove();
    }
  },
  print: ({ rules, answering, blocked, peakRssMB, problem }) => {
    const ratio = blocked.p99Ms / answering.p99Ms;
    const lost = Math.max(blocked.sent - blocked.received, blocked.sent - blocked.leastCounted);
    return [
      `${rules} rules: p99 ${answering.p99Ms.toFixed(2)} ms answering, ${blocked.p99Ms.toFixed(2)} ms blocked: ${ratio.toFixed(2)} x (limit 1.5) ${ratio <= 1.5 ? 'ok' : 'MISSED'}`,
      `lost by the others: ${lost} ${lost === 0 ? 'ok' : 'MISSED'}; peak RSS ${peakRssMB.toFixed(0)} MB; health: ${problem}`,
    ];
  },
};
