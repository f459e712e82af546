// Counts work instead of time: how often the blocks of our own sources run, by V8's precise coverage. The same on a busy and on a quiet machine. What the
// platform does inside one call (a regular expression, indexOf) does not count.
import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';

const FOLDER = new URL('../../src/', import.meta.url).href;
const isOurs = (url: string): boolean => url.startsWith(FOLDER) || url.startsWith(FOLDER.replace('file://', ''));
/** Optimised code does not count its blocks. */
const TIERS = ['opt', 'maglev'];

export interface WorkCounter {
  /** Runs the function. @returns executions of functions and blocks of `src` meanwhile */
  count(run: () => unknown): Promise<number>;
  /** How much more work four times the input is: 4 when it grows in step with the input, 16 when with its square.
   *  @param run is called with the size; once before, so that what runs once (tables, lazily made code) does not count */
  growth(run: (size: number) => unknown, size: number): Promise<number>;
  stop(): Promise<void>;
}

/** One per test file: starting it takes half a second. */
export async function startWorkCounter(): Promise<WorkCounter> {
  const session = new Session();
  session.connect();
  for (const tier of TIERS) setFlagsFromString(`--no-${tier}`);
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const take = async (): Promise<number> => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    let work = 0;
    for (const script of result)
      if (isOurs(script.url)) for (const f of script.functions) for (const range of f.ranges) work += range.count;
    return work;
  };
  const counter: WorkCounter = {
    async count(run) {
      await take();
      await run();
      return take();
    },
    async growth(run, size) {
      await run(size);
      const small = await counter.count(() => run(size));
      const large = await counter.count(() => run(4 * size));
      return large / Math.max(small, 1);
    },
    async stop() {
      await session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
      for (const tier of TIERS) setFlagsFromString(`--${tier}`);
    },
  };
  return counter;
}
