// filter → file: CPU per message beside a bare loop that writes the same rows through a stream of Node, and system calls per row.
import { readFileSync, statSync } from 'node:fs';
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { counter, must, running, startDaemon } from '../daemon.ts';
import type { BenchOptions } from '../main.ts';
import { cpuUs, median, rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';
import { publish, settled } from './load.ts';

interface Result {
  /** µs of user and system time per message. */
  us: number[];
  /** Calls of write per 1,000 rows (from /proc/<pid>/io). */
  writesPer1000: number[];
  rate: number;
  lost: number;
  rssMB: number;
}

const writes = (pid: number): number => Number(/syscw: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1]);

export const fileSink: Scenario<Result> = {
  name: 'file-sink',
  doc: 'MQTT → filter → file at a fixed rate, made safe by fsync',
  needsBroker: true,
  async run({ runs, rate, count }: BenchOptions) {
    const broker = await startMosquitto('allow_anonymous true\nmax_queued_messages 0');
    const daemon = await startDaemon(broker.port);
    const result: Result = { us: [], writesPer1000: [], rate, lost: 0, rssMB: 0 };
    try {
      await must(daemon, 'POST', '/streams', { sql: 'CREATE STREAM sensors () WITH (DATASOURCE="bench/ours", FORMAT="json")' });
      await must(daemon, 'POST', '/rules', {
        id: 'bench',
        sql: 'SELECT * FROM sensors WHERE temperature > 30',
        actions: [{ file: { path: 'out.txt', sendSingle: true, rollingCount: 0, rollingInterval: '24h' } }],
      });
      await running(daemon, 'bench');
      const taken = () => counter(daemon, 'bench', /^source_.*_records_in_total$/);
      const safe = () => counter(daemon, 'bench', /^sink_file_.*_records_out_total$/);
      await publish(broker.port, Math.min(count, 40_000), rate, 'bench/ours');
      await settled(taken, Math.min(count, 40_000));
      for (let i = 0; i < runs; i++) {
        const n0 = await taken();
        const s0 = await safe();
        const w0 = writes(daemon.pid);
        const c0 = cpuUs(daemon.pid);
        await publish(broker.port, count, rate, 'bench/ours');
        const n = await settled(taken, n0 + count);
        const rows = (await settled(safe, s0 + count / 2)) - s0;
        result.us.push((cpuUs(daemon.pid) - c0) / count);
        result.writesPer1000.push(((writes(daemon.pid) - w0) / rows) * 1000);
        result.lost += n0 + count - n;
      }
      result.rssMB = rssBytes(daemon.pid) / 1e6;
      if (statSync(`${daemon.root}/out.txt`).size === 0) throw new Error('nothing was written');
    } finally {
      await daemon.stop();
      await broker.remove();
    }
    return result;
  },
  print: (r) => [
    `at ${r.rate} msg/s: ${median(r.us).toFixed(2)} µs CPU a message; ${median(r.writesPer1000).toFixed(0)} write calls per 1,000 rows; lost ${r.lost}; RSS ${r.rssMB.toFixed(0)} MB; runs ${r.us.map((v) => v.toFixed(2)).join(' ')}`,
  ],
};
