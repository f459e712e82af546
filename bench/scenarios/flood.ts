// 500,000 QoS 0 messages flat out, broker without queue limit: none may be lost, memory stays bounded.
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { counter, must, running, startDaemon } from '../daemon.ts';
import { rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';
import { publish, settled } from './load.ts';

interface Result {
  sent: number;
  received: number;
  peakRssMB: number;
  seconds: number;
}

export const flood: Scenario<Result> = {
  name: 'flood',
  doc: '500,000 QoS 0 messages flat out, broker without queue limit',
  needsBroker: true,
  async run() {
    const broker = await startMosquitto('allow_anonymous true\nmax_queued_messages 0');
    const daemon = await startDaemon(broker.port);
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, rssBytes(daemon.pid));
    }, 50);
    try {
      await must(daemon, 'POST', '/streams', { sql: 'CREATE STREAM sensors () WITH (DATASOURCE="bench/flood", FORMAT="json")' });
      await must(daemon, 'POST', '/rules', {
        id: 'flood',
        sql: 'SELECT device, temperature FROM sensors WHERE temperature > 30',
        actions: [{ nop: {} }],
      });
      await running(daemon, 'flood');
      const started = performance.now();
      const { sent } = await publish(broker.port, 500_000, 0, 'bench/flood');
      const received = await settled(() => counter(daemon, 'flood', /^source_.*_records_in_total$/), sent);
      return { sent, received, peakRssMB: peak / 1e6, seconds: (performance.now() - started) / 1000 };
    } finally {
      clearInterval(watch);
      await daemon.stop();
      await broker.remove();
    }
  },
  print: (r) => [
    `sent ${r.sent}, counted ${r.received}, lost ${r.sent - r.received} ${r.sent === r.received ? 'ok' : 'MISSED'}; ${(r.received / r.seconds).toFixed(0)} msg/s; peak RSS ${r.peakRssMB.toFixed(0)} MB`,
  ],
};
