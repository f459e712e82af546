// Where the code of a plugin runs, as plugin-worker.ts sees it: something that takes messages, gives messages and may end. Two kinds: a
// worker thread of the gateway (here) and a thread of a plugin host, another process (containment/pens.ts).
import { Worker } from 'node:worker_threads';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { ModuleText } from '../worker/load-module.ts';
import type { ModuleUrls } from '../worker/module-urls.ts';
import type { FromWorker, ToWorker, WorkerStart } from '../worker/protocol.ts';

export interface ThreadStart {
  plugin: string;
  text: ModuleText;
  symbols: { main: string; lookup: string };
  /** Also look at what the file changes of all code's common ground. */
  tryOut: boolean;
}

export interface ThreadEvents {
  message(m: FromWorker): void;
  /** It is gone without having been asked to: hung, out of memory, ended by its own code. @param error set when there is one to show
   *  @param innocent it went with others, and nobody can be named */
  ended(reason: string, error?: unknown, innocent?: boolean): void;
}

export interface Thread {
  /** @throws DataCloneError for what cannot be handed over */
  post(m: ToWorker): void;
  end(): Promise<void>;
}

export type LaunchThread = (start: ThreadStart, events: ThreadEvents) => Thread;

/** A thread whose event loop stands for so long is ended. Other plugins and the gateway are not touched meanwhile. */
const STALL_LIMIT_MS = 10_000;
const LOOK_MS = 2_500;

export interface LocalThreadDeps {
  urls: ModuleUrls;
  clock: Clock;
  log: Log;
  maxHeapMb: number;
}

/** Threads of this process: for trusted plugins and to try files out. */
export function createLocalThreads({ urls, clock, log, maxHeapMb }: LocalThreadDeps): LaunchThread {
  return ({ plugin, text, symbols, tryOut }, events) => {
    const memory = new SharedArrayBuffer(4);
    const beat = new Int32Array(memory);
    const data: WorkerStart = {
      text,
      plugin,
      modules: {
        loader: urls.of('load-module'),
        instance: urls.of('make-instance'),
        kit: urls.of('kit'),
        calls: urls.of('calls'),
        ...(tryOut ? { intrinsics: urls.of('intrinsics') } : {}),
      },
      beat: memory,
      symbols,
    };
    const w = new Worker(new URL(urls.of('entry')), {
      workerData: data,
      name: plugin,
      execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
      stdout: true,
      stderr: true,
    });
    let over = false;
    let watch: TimerHandle | undefined;
    const ended = (reason: string, error?: unknown) => {
      if (over) return;
      over = true;
      clock.clear(watch);
      void w.terminate();
      events.ended(reason, error);
    };
    const look = (last: number, stillMs: number) => {
      watch = clock.setTimer(LOOK_MS, () => {
        const now = Atomics.load(beat, 0);
        const still = now === last ? stillMs + LOOK_MS : 0;
        if (still >= STALL_LIMIT_MS) ended(`its event loop stood still for ${still / 1000} s (an endless loop?)`);
        else look(now, still);
      });
    };
    // what goes past console (native modules) must not break the log's lines; it is read so that the pipe does not fill up
    w.stdout.on('data', (line: Buffer) => log.info({ plugin, text: line.toString() }, 'Plugin says.'));
    w.stderr.on('data', (line: Buffer) => log.warn({ plugin, text: line.toString() }, 'Plugin says.'));
    w.on('message', (m: FromWorker) => {
      if (over) return;
      if (m.t === 'ready') look(0, 0);
      events.message(m);
    });
    w.on('error', (error: NodeJS.ErrnoException) =>
      ended(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it used more than ${maxHeapMb} MB of memory` : error.message, error),
    );
    w.on('exit', () => ended('it exited unexpectedly'));
    return {
      post: (m) => w.postMessage(m),
      async end() {
        over = true;
        clock.clear(watch);
        await w.terminate();
      },
    };
  };
}
