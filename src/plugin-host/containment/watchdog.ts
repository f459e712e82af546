// Starts the watchdog thread with the first function plugin, and tells it whom the numbers in the shared memory stand for.
import { availableParallelism, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../base/log.ts';
import { nodeV8 } from '../../base/node-builtins.ts';
import type { ModuleUrls } from '../worker/module-urls.ts';
import type { WatchdogStart, WatchedPlugin } from '../worker/watchdog.ts';
import type { Guard, Suspect } from './guard.ts';

export interface Watchdog {
  watch(suspect: Suspect): void;
  close(): Promise<void>;
}

/** A row's worth of work that takes so long stops everything else: MQTT keepalives and the systemd watchdog come next. */
const STALL_MS = 1_500;

export function openWatchdog(o: { guard: Guard; urls: ModuleUrls; quarantineFile: string; log: Log }): Watchdog {
  let worker: Worker | undefined;
  const start = () => {
    const data: WatchdogStart = {
      memory: o.guard.memory,
      modules: { durable: o.urls.of('write-durably') },
      quarantineFile: o.quarantineFile,
      // a single core is shared with everything else on the board
      stallMs: availableParallelism() > 1 ? STALL_MS : STALL_MS * 1.5,
      maxRssBytes: maxRss(),
    };
    worker = new Worker(new URL(o.urls.of('watchdog')), {
      workerData: data,
      name: 'watchdog',
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    worker.on('error', (error) => {
      worker = undefined;
      o.log.error({ code: 'INTERNAL', reason: String(error) }, 'The watchdog of function plugins has ended.');
    });
    worker.unref();
  };
  return {
    watch({ id, plugin, version, hash }) {
      if (!worker) start();
      worker?.postMessage({ id, plugin, version, hash } satisfies WatchedPlugin);
    },
    async close() {
      await worker?.terminate();
      worker = undefined;
    },
  };
}

/** Near the end of the heap, of the service's share (cgroup) or of the machine, whichever comes first. */
function maxRss(): number {
  const share = process.constrainedMemory();
  const machine = totalmem() * 0.8;
  return Math.min(nodeV8().getHeapStatistics().heap_size_limit * 0.95, machine, share > 0 && share < machine ? share * 0.9 : machine);
}
