// Latency MQTT in → rule → MQTT out at 1,000 messages a second, measured by one client that publishes and subscribes.
import mqtt from 'mqtt';
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { must, running, startDaemon } from '../daemon.ts';
import { percentile } from '../measure.ts';
import type { Scenario } from './index.ts';

interface Result {
  p50Ms: number;
  p99Ms: number;
  count: number;
}

export const latency: Scenario<Result> = {
  name: 'latency',
  doc: 'MQTT in → MQTT out at 1,000 msg/s',
  needsBroker: true,
  async run() {
    const broker = await startMosquitto('allow_anonymous true\nset_tcp_nodelay true');
    const daemon = await startDaemon(broker.port);
    const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    try {
      await must(daemon, 'POST', '/streams', {
        sql: 'CREATE STREAM lat () WITH (DATASOURCE="lat/in", FORMAT="json", EXTRA="{\\"qos\\":0}")',
      });
      await must(daemon, 'POST', '/rules', {
        id: 'lat',
        sql: 'SELECT t, seq FROM lat WHERE seq >= 0',
        actions: [{ mqtt: { server: broker.url, topic: 'lat/out', qos: 0, sendSingle: true } }],
      });
      await running(daemon, 'lat');
      const times: number[] = [];
      client.on('message', (_topic, payload) => {
        const m = JSON.parse(payload.toString()) as { t: number };
        times.push(performance.now() - m.t);
      });
      await client.subscribeAsync('lat/out');
      const total = 12_000;
      let sent = 0;
      const start = performance.now();
      while (sent < total) {
        const due = Math.floor(performance.now() - start);
        for (; sent < Math.min(due, total); sent++) client.publish('lat/in', JSON.stringify({ t: performance.now(), seq: sent }));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      const steady = times.slice(2000).sort((a, b) => a - b);
      return { p50Ms: percentile(steady, 0.5), p99Ms: percentile(steady, 0.99), count: steady.length };
    } finally {
      await client.endAsync(true);
      await daemon.stop();
      await broker.remove();
    }
  },
  print: (r) => [
    `p50 ${r.p50Ms.toFixed(2)} ms, p99 ${r.p99Ms.toFixed(2)} ms over ${r.count} messages (limit p99 1.0, client and broker included)`,
  ],
};
