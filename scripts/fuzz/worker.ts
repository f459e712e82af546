// The thread in which a target runs. It writes each input into shared memory before it runs, so that watch.ts knows what hangs; what it finds
// goes there by message. Started by watch.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { createCoverage } from './coverage.ts';
import { countBranches } from './instrument.ts';
import { createLoop, minimise } from './loop.ts';
import { bytesOf, type Target } from './target.ts';

export interface WorkerData {
  /** File that exports `targets`. */
  targetsFile: string;
  target: string;
  /** Files whose branches guide the search; absent = inputs are mutated without looking at what they reach. */
  files: RegExp | undefined;
  seed: number;
  /** Inputs to run. */
  count: number;
  corpus: Uint8Array[];
  /** Shared: [0] counts inputs, [1] = length of the input under way, [2] = 1 when it is to come to its end. */
  head: Int32Array;
  /** Shared: the input under way. */
  bytes: Uint8Array;
  /** At the end, only inputs that are needed are kept. */
  minimise: boolean;
}

export type WorkerMessage =
  | { kind: 'fault'; input: Uint8Array; text: string }
  | { kind: 'part'; executions: number; edges: number; grown: Uint8Array[] }
  | { kind: 'end'; corpus: Uint8Array[] };

const data = workerData as WorkerData;
// before the code under test is loaded
const branches = data.files ? countBranches(data.files) : undefined;
const coverage = branches && createCoverage(branches);
const { targets } = (await import(data.targetsFile)) as { targets: readonly Target[] };
const target = targets.find((t) => t.name === data.target)!;
const say = (message: WorkerMessage) => parentPort!.postMessage(message);
const { head, bytes } = data;
const run = await target.load();
const before = (input: Uint8Array): void => {
  bytes.set(input.length <= bytes.length ? input : input.subarray(0, bytes.length));
  Atomics.store(head, 1, input.length);
  Atomics.add(head, 0, 1);
};
const loop = createLoop({
  target,
  run,
  seed: data.seed,
  corpus: [...(data.corpus.length > 0 ? data.corpus : target.seeds.map(bytesOf))],
  coverage,
  before,
  fault: (input, error) => say({ kind: 'fault', input, text: (error as Error | undefined)?.stack ?? String(error) }),
});
/** Inputs between two reports. */
const PART = 960;
let told = loop.corpus.length;
while (loop.executions < data.count && Atomics.load(head, 2) === 0) {
  const soFar = loop.executions;
  await loop.go(Math.min(PART, data.count - loop.executions));
  say({ kind: 'part', executions: loop.executions - soFar, edges: loop.edges, grown: loop.corpus.slice(told) });
  told = loop.corpus.length;
}
// these runs are told as well: without that, a long minimising looks like a hang of the last input
const runAgain: typeof run = (input) => {
  before(input);
  return run(input);
};
const corpus = data.minimise && branches ? await minimise(loop.corpus, runAgain, branches) : [...loop.corpus];
say({ kind: 'end', corpus });
