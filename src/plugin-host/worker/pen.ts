// The plugin host: a process beside the gateway in which contained plugins run, each in a thread of its own (or one alone in the main thread,
// under Node's permission model). Talks to the gateway over a Unix socket that it was started with (descriptor 3, or the one named in its
// arguments); its end is the end of the process. The main thread holds no code of plugins: it passes messages on, watches that every
// thread turns, and watches the memory of all. Started by containment/launch.ts.
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type * as Frames from './frames.ts';
import type { FromPen, PenSetup, ToPen } from './pen-protocol.ts';
import type { FromWorker, ToWorker, WorkerStart } from './protocol.ts';

const { createFrameReader, frameOf } = (await import(import.meta.url.replace(/pen\.(ts|js)$/, 'frames.$1'))) as typeof Frames;

interface Thread {
  post(m: ToWorker): void;
  end(): void;
  /** Bytes that it holds, as far as it can be asked. */
  usedBytes: number;
  readonly worker: Worker | undefined;
  readonly beat: Int32Array;
  lastBeat: number;
  stillMs: number;
  said: number;
}

const LOOK_MS = 1_000;
/** As long as in the gateway: a thread whose loop stands for so long is ended. */
const STALL_LIMIT_MS = 10_000;
/** Log lines that one plugin may write within a look; more are counted and left out. */
const MAX_LINES = 200;

const socket = new Socket({ fd: Number(process.argv[2] ?? 3) });
const threads = new Map<number, Thread>();
let setup: PenSetup | undefined;

const send = (m: FromPen): void => {
  socket.write(frameOf(m));
};
/** Values that a frame cannot take (it is too large) are this plugin's error, not the host's. */
const says = (w: number, m: FromWorker): void => {
  const t = threads.get(w);
  if (!t) return;
  if (m.t === 'log' && ++t.said > MAX_LINES) return;
  try {
    send({ t: 'says', w, m });
  } catch (error) {
    t.end();
    ended(w, String(error));
  }
};
const ended = (w: number, reason: string): void => {
  if (threads.delete(w)) send({ t: 'ended', w, reason });
};

function inThread(w: number, start: WorkerStart, s: PenSetup): Thread {
  const worker = new Worker(new URL(s.modules.entry), {
    workerData: start,
    name: start.plugin,
    env: process.env,
    execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
    resourceLimits: { maxOldGenerationSizeMb: s.maxHeapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    stdout: true,
    stderr: true,
  });
  const line = (level: 'info' | 'warn') => (text: Buffer) => says(w, { t: 'log', id: 0, level, message: text.toString(), more: [] });
  worker.stdout.on('data', line('info'));
  worker.stderr.on('data', line('warn'));
  worker.on('message', (m: FromWorker) => says(w, m));
  worker.on('error', (error: NodeJS.ErrnoException) =>
    ended(w, error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it used more than ${s.maxHeapMb} MB of memory` : error.message),
  );
  worker.on('exit', () => ended(w, 'it exited unexpectedly'));
  return {
    worker,
    beat: new Int32Array(start.beat),
    lastBeat: -1,
    stillMs: 0,
    said: 0,
    usedBytes: 0,
    post: (m) => worker.postMessage(m),
    end() {
      threads.delete(w);
      void worker.terminate();
    },
  };
}

/** One plugin alone, in this thread: entry.ts finds its port under this symbol. */
function alone(w: number, start: WorkerStart, s: PenSetup): Thread {
  let listener: ((m: ToWorker) => void) | undefined;
  const waiting: ToWorker[] = [];
  const port = {
    postMessage: (m: FromWorker) => says(w, m),
    on(_event: 'message', to: (m: ToWorker) => void) {
      listener = to;
      for (const m of waiting.splice(0)) to(m);
    },
  };
  (globalThis as Record<symbol, unknown>)[Symbol.for('kuiper.pen')] = { port, start };
  import(s.modules.entry).catch((error: unknown) => ended(w, String(error)));
  return {
    worker: undefined,
    beat: new Int32Array(start.beat),
    lastBeat: -1,
    stillMs: 0,
    said: 0,
    usedBytes: 0,
    post: (m) => (listener ? listener(m) : waiting.push(m)),
    end: () => process.reallyExit(0),
  };
}

function onMessage(m: ToPen): void {
  switch (m.t) {
    case 'setup':
      setup = m;
      send({ t: 'hello', pid: process.pid });
      break;
    case 'start': {
      const { loader, instance, kit, calls } = setup!.modules;
      const start: WorkerStart = {
        text: m.text,
        plugin: m.plugin,
        modules: { loader, instance, kit, calls },
        beat: new SharedArrayBuffer(4),
        symbols: m.symbols,
      };
      const make = setup!.single ? alone : inThread;
      threads.set(m.w, make(m.w, start, setup!));
      break;
    }
    case 'post':
      threads.get(m.w)?.post(m.m);
      break;
    case 'end':
      threads.get(m.w)?.end();
      break;
  }
}

/** A thread that does not turn is ended, also when it hangs in a timer or a promise and no call is under way. */
function lookAtThreads(): void {
  for (const [w, t] of threads) {
    t.said = 0;
    if (!t.worker) continue;
    const now = Atomics.load(t.beat, 0);
    t.stillMs = now === t.lastBeat ? t.stillMs + LOOK_MS : 0;
    t.lastBeat = now;
    if (t.stillMs < STALL_LIMIT_MS) continue;
    t.end();
    send({ t: 'ended', w, reason: `its event loop stood still for ${t.stillMs / 1000} s (an endless loop?)` });
  }
}

/** Memory of all threads together, as the system sees it; whoever holds most of it ends when it is too much. */
async function lookAtMemory(): Promise<void> {
  const rssMb = process.memoryUsage.rss() / 1_048_576;
  send({ t: 'beat', rssMb });
  if (!setup || setup.single || rssMb < setup.maxRssMb) return;
  const used = await Promise.all(
    [...threads].map(async ([w, t]) => {
      const s = (await t.worker?.getHeapStatistics().catch(() => undefined)) as
        | { total_heap_size?: number; external_memory?: number }
        | undefined;
      return { w, t, bytes: (s?.total_heap_size ?? 0) + (s?.external_memory ?? 0) };
    }),
  );
  const most = used.sort((a, b) => b.bytes - a.bytes)[0];
  if (!most || !threads.has(most.w)) return;
  // what an earlier one left is not given back to the system at once: nobody who is small is ended for it
  if (most.bytes < (setup.maxRssMb * 1_048_576) / 4 && rssMb < 2 * setup.maxRssMb) return;
  most.t.end();
  send({
    t: 'ended',
    w: most.w,
    reason: `it used more memory than there is for plugins (${Math.round(most.bytes / 1_048_576)} MB of ${setup.maxRssMb} MB)`,
  });
}

const reader = createFrameReader();
socket.on('data', (chunk: Buffer) => {
  reader.add(chunk);
  for (let m = reader.next(); m !== undefined; m = reader.next()) onMessage(m.value as ToPen);
});
const over = () => process.reallyExit(0);
socket.on('close', over);
socket.on('error', over);
setInterval(() => {
  lookAtThreads();
  void lookAtMemory();
}, LOOK_MS);

declare global {
  namespace NodeJS {
    interface Process {
      reallyExit(code?: number): never;
    }
  }
}
