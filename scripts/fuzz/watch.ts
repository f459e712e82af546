// Runs one target in a thread and watches it: an input that takes more than a second of the processor is a hang, a thread that ends by itself
// (out of memory) is a crash. The thread is ended, the input kept, and a new thread goes on. Used by scripts/fuzz.ts and test/fuzz.
import { Worker } from 'node:worker_threads';
import type { Target } from './target.ts';
import type { WorkerData, WorkerMessage } from './worker.ts';

export interface Finding {
  kind: 'fault' | 'hang' | 'crash';
  input: Uint8Array;
  text: string;
}

export interface WatchOptions {
  targetsFile: string;
  target: string;
  guided: boolean;
  seed: number;
  count: number;
  corpus: Uint8Array[];
  minimise?: boolean;
  /** Ends the run soon, with what there is. */
  stop?: () => boolean;
  /** Called with what was done since the last call. */
  progress?(part: { executions: number; edges: number; grown: Uint8Array[] }): void;
  /** The same fault a second time is not told again. */
  maxFindings?: number;
  hangCpuMs?: number;
}

export interface WatchResult {
  executions: number;
  edges: number;
  corpus: Uint8Array[];
  findings: Finding[];
}

/** Processor time, not wall time: the machine may be busy with others. */
const HANG_CPU_MS = 1000;
const LOOK_EVERY_MS = 100;
const MAX_HEAP_MB = 512;
const SHARED_BYTES = 64 * 1024;

export async function watch(options: WatchOptions): Promise<WatchResult> {
  const { maxFindings = 20 } = options;
  const { targets } = (await import(options.targetsFile)) as { targets: readonly Target[] };
  const files = options.guided ? targets.find((t) => t.name === options.target)!.files : undefined;
  const result: WatchResult = { executions: 0, edges: 0, corpus: [...options.corpus], findings: [] };
  const known = new Set<string>();
  /** The first line of our code names the place of a fault. */
  const find = (f: Finding): void => {
    const place =
      f.kind === 'fault' ? (/\/src\/[^\s)]*/.exec(f.text)?.[0] ?? f.text.split('\n')[0]!) : `${f.kind} ${result.findings.length}`;
    if (known.has(place) || result.findings.length >= maxFindings) return;
    known.add(place);
    result.findings.push(f);
  };
  const enough = () => result.findings.length >= maxFindings || options.stop?.() === true;
  for (let round = 0; result.executions < options.count && result.findings.length < maxFindings; round++) {
    // after a hang another part of the sequence: the same seed would run into the same input
    const left = options.count - result.executions;
    const ended = await once(
      { ...options, seed: options.seed + round * 7919, count: left, corpus: result.corpus, stop: enough },
      files,
      result,
      find,
    );
    if (ended) break;
  }
  return result;
}

/** @returns true when the thread came to its end, or was stopped as asked */
function once(options: WatchOptions, files: RegExp | undefined, result: WatchResult, find: (f: Finding) => void): Promise<boolean> {
  const head = new Int32Array(new SharedArrayBuffer(12));
  const bytes = new Uint8Array(new SharedArrayBuffer(SHARED_BYTES));
  const hangCpuMs = options.hangCpuMs ?? HANG_CPU_MS;
  const workerData: WorkerData = {
    targetsFile: options.targetsFile,
    target: options.target,
    files,
    seed: options.seed,
    count: options.count,
    corpus: options.corpus,
    head,
    bytes,
    minimise: options.minimise === true,
  };
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
  const underWay = (): Uint8Array => Buffer.from(bytes.slice(0, Math.min(head[1]!, SHARED_BYTES)));
  return new Promise((resolve, reject) => {
    let count = 0;
    let since = process.cpuUsage();
    let done = 0;
    const end = (value: boolean) => {
      clearInterval(look);
      // inputs that ran since the last report
      result.executions += Math.max(0, Atomics.load(head, 0) - done);
      void worker.terminate().then(() => resolve(value));
    };
    const look = setInterval(() => {
      const now = Atomics.load(head, 0);
      if (now !== count || now === 0) {
        count = now;
        since = process.cpuUsage();
        if (now > 0 && options.stop?.()) Atomics.store(head, 2, 1);
        return;
      }
      const { user, system } = process.cpuUsage(since);
      if ((user + system) / 1000 < hangCpuMs) return;
      find({ kind: 'hang', input: underWay(), text: `more than ${hangCpuMs} ms of the processor` });
      end(false);
    }, LOOK_EVERY_MS);
    worker.on('message', (m: WorkerMessage) => {
      if (m.kind === 'fault') find({ kind: 'fault', input: m.input, text: m.text });
      else if (m.kind === 'part') {
        result.executions += m.executions;
        done += m.executions;
        result.edges = Math.max(result.edges, m.edges);
        result.corpus.push(...m.grown);
        options.progress?.(m);
      } else {
        result.corpus = m.corpus;
        clearInterval(look);
        void worker.terminate().then(() => resolve(true));
      }
    });
    worker.on('error', (error: Error) => {
      if ((error as { code?: string }).code !== 'ERR_WORKER_OUT_OF_MEMORY' && Atomics.load(head, 0) === 0) {
        clearInterval(look);
        reject(error);
        return;
      }
      find({ kind: 'crash', input: underWay(), text: error.stack ?? error.message });
      end(false);
    });
  });
}
