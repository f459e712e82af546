// Start-up time, processor time of a start and memory of the idle daemon.
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { startDaemon } from '../daemon.ts';
import type { BenchOptions } from '../main.ts';
import { cpuUs, median, rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';

interface Result {
  readyMs: number[];
  /** Processor time from the start to 3 s after it, user and system. */
  startCpuMs: number[];
  rssMB: number[];
}

export const idle: Scenario<Result> = {
  name: 'idle',
  doc: 'start to the first answer, processor time and memory 3 s later',
  needsBroker: true,
  async run({ runs }: BenchOptions) {
    const broker = await startMosquitto();
    const result: Result = { readyMs: [], startCpuMs: [], rssMB: [] };
    try {
      for (let i = 0; i < runs + 1; i++) {
        const daemon = await startDaemon(broker.port);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        if (i > 0) {
          // the first start fills the compile cache
          result.readyMs.push(daemon.readyMs);
          result.startCpuMs.push(cpuUs(daemon.pid) / 1000);
          result.rssMB.push(rssBytes(daemon.pid) / 1e6);
        }
        await daemon.stop();
      }
    } finally {
      await broker.remove();
    }
    return result;
  },
  print: (r) => [
    `ready after ${median(r.readyMs).toFixed(0)} ms (limit 500) ${median(r.readyMs) <= 500 ? 'ok' : 'MISSED'}; processor ${median(r.startCpuMs).toFixed(0)} ms (limit 450) ${median(r.startCpuMs) <= 450 ? 'ok' : 'MISSED'}; RSS ${median(r.rssMB).toFixed(1)} MB (limit 85) ${median(r.rssMB) <= 85 ? 'ok' : 'MISSED'}`,
  ],
};
