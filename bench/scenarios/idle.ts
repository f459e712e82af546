// Start-up time and memory of the idle daemon.
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { startDaemon } from '../daemon.ts';
import type { BenchOptions } from '../main.ts';
import { median, rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';

interface Result {
  readyMs: number[];
  rssMB: number[];
}

export const idle: Scenario<Result> = {
  name: 'idle',
  doc: 'start to the first answer, and memory 3 s later',
  needsBroker: true,
  async run({ runs }: BenchOptions) {
    const broker = await startMosquitto();
    const result: Result = { readyMs: [], rssMB: [] };
    try {
      for (let i = 0; i < runs + 1; i++) {
        const daemon = await startDaemon(broker.port);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        if (i > 0) {
          // the first start fills the compile cache
          result.readyMs.push(daemon.readyMs);
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
    `ready after ${median(r.readyMs).toFixed(0)} ms (limit 500) ${median(r.readyMs) <= 500 ? 'ok' : 'MISSED'}; RSS ${median(r.rssMB).toFixed(1)} MB (limit 85) ${median(r.rssMB) <= 85 ? 'ok' : 'MISSED'}`,
  ],
};
