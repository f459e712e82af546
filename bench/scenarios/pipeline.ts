// CPU per message of a rule beside the bare loop: filter → nop, filter → MQTT, tumbling window over 100 devices. Both subjects
// live at the same time on one broker, and take turns: bare, ours, bare, ours …
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { counter, must, running, startDaemon } from '../daemon.ts';
import type { BenchOptions } from '../main.ts';
import { cpuUs, median, rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';
import { publish, settled, startBare } from './load.ts';

interface Result {
  bareUs: number[];
  oursUs: number[];
  ratio: number;
  limit: number;
  lost: number;
  rssMB: number;
}

const filterSql = (stream: string) => `SELECT device, temperature FROM ${stream} WHERE temperature > 30`;

function pipeline(
  name: string,
  doc: string,
  limit: number,
  sql: string,
  action: (port: number) => object,
  bareOut?: string,
): Scenario<Result> {
  return {
    name,
    doc,
    needsBroker: true,
    async run({ runs, rate, count }: BenchOptions) {
      const broker = await startMosquitto('allow_anonymous true\nmax_queued_messages 0');
      const daemon = await startDaemon(broker.port);
      const result: Result = { bareUs: [], oursUs: [], ratio: 0, limit, lost: 0, rssMB: 0 };
      try {
        await must(daemon, 'POST', '/streams', {
          sql: 'CREATE STREAM sensors () WITH (DATASOURCE="bench/ours", FORMAT="json", CONF_KEY="bench")',
        });
        await must(daemon, 'POST', '/rules', { id: 'bench', sql, actions: [action(broker.port)] });
        await running(daemon, 'bench');
        const bare = await startBare(broker.port, 'bench/bare', bareOut);
        const ourCount = () => counter(daemon, 'bench', /^source_.*_records_in_total$/);
        // warm up: both have compiled their hot path
        await publish(broker.port, 40_000, rate, 'bench/bare');
        await publish(broker.port, 40_000, rate, 'bench/ours');
        await settled(ourCount, 40_000);
        for (let i = 0; i < runs; i++) {
          const b0 = cpuUs(bare.pid);
          const c0 = (await bare.counts()).received;
          await publish(broker.port, count, rate, 'bench/bare');
          await settled(async () => (await bare.counts()).received, c0 + count);
          result.bareUs.push((cpuUs(bare.pid) - b0) / count);
          const n0 = await ourCount();
          const d0 = cpuUs(daemon.pid);
          await publish(broker.port, count, rate, 'bench/ours');
          const n = await settled(ourCount, n0 + count);
          result.oursUs.push((cpuUs(daemon.pid) - d0) / count);
          result.lost += n0 + count - n;
        }
        result.rssMB = rssBytes(daemon.pid) / 1e6;
        await bare.stop();
      } finally {
        await daemon.stop();
        await broker.remove();
      }
      result.ratio = median(result.oursUs) / median(result.bareUs);
      return result;
    },
    print: (r) => [
      `CPU per message: ours ${median(r.oursUs).toFixed(2)} µs, bare loop ${median(r.bareUs).toFixed(2)} µs, ratio ${r.ratio.toFixed(2)} (limit ${r.limit}) ${r.ratio <= r.limit ? 'ok' : 'MISSED'}`,
      `lost ${r.lost}; RSS ${r.rssMB.toFixed(0)} MB; runs ${r.oursUs.map((v) => v.toFixed(2)).join(' ')} / ${r.bareUs.map((v) => v.toFixed(2)).join(' ')}`,
    ],
  };
}

export const filterNop = pipeline('filter-nop', 'MQTT → filter → nop at a fixed rate', 1.3, filterSql('sensors'), () => ({ nop: {} }));
export const filterMqtt = pipeline(
  'filter-mqtt',
  'MQTT → filter → MQTT at a fixed rate',
  1.4,
  filterSql('sensors'),
  (port) => ({ mqtt: { server: `tcp://127.0.0.1:${port}`, topic: 'bench/out', qos: 0, sendSingle: true } }),
  'bench/bare-out',
);
export const tumblingWindow = pipeline(
  'tumbling-window',
  'MQTT → tumbling window of 1 s, group by 100 devices → nop',
  1.4,
  'SELECT device, count(*) AS n, avg(temperature) AS mean FROM sensors GROUP BY device, TUMBLINGWINDOW(ss, 1)',
  () => ({ nop: {} }),
);
