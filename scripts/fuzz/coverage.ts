// Which code ran: V8's precise block coverage of this thread, asked over the inspector. One question costs milliseconds however little ran, so
// loop.ts asks once for many inputs. V8 names a block only when it ran another number of times than what encloses it; what tells whether
// something new was reached is therefore what a function has never run yet: that must shrink. Used by loop.ts.
import { Session } from 'node:inspector';

/** A function or a block, as one number: file, begin, end. */
export type Place = number;

export interface Snapshot {
  /** By function that ran: what of it did not, as pairs of offsets, in order. */
  readonly idle: ReadonlyMap<Place, readonly number[]>;
  /** How often named blocks ran. */
  readonly counts: ReadonlyMap<Place, number>;
}

export interface Coverage {
  /** What the watched files did since the last call. */
  take(): Snapshot;
  stop(): void;
}

interface ScriptCoverage {
  scriptId: string;
  url: string;
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[];
}

const placeOf = (file: number, start: number, end: number): Place => file * 1e12 + start * 1e6 + end;

/** @param files scripts to watch, by their address */
export function startCoverage(files: RegExp): Coverage {
  const session = new Session();
  session.connect();
  /** Calls of the profiler are answered before they return. */
  const ask = (method: string, params: object = {}): unknown => {
    let answer: unknown;
    let failed: Error | null = null;
    session.post(method, params, (error: Error | null, result?: object) => {
      failed = error;
      answer = result;
    });
    if (failed) throw failed;
    return answer;
  };
  ask('Profiler.enable');
  ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  /** Number of a file, -1 = not watched. */
  const numbers = new Map<string, number>();
  let watched = 0;
  return {
    take() {
      const { result } = ask('Profiler.takePreciseCoverage') as { result: ScriptCoverage[] };
      const idle = new Map<Place, number[]>();
      const counts = new Map<Place, number>();
      for (const script of result) {
        let n = numbers.get(script.url);
        if (n === undefined) numbers.set(script.url, (n = files.test(script.url) ? watched++ : -1));
        if (n < 0) continue;
        for (const { ranges } of script.functions) {
          const whole = ranges[0]!;
          if (whole.count === 0) continue;
          const never: number[] = [];
          for (const { startOffset, endOffset, count } of ranges)
            if (count === 0) never.push(startOffset, endOffset);
            else counts.set(placeOf(n, startOffset, endOffset), count);
          idle.set(placeOf(n, whole.startOffset, whole.endOffset), never);
        }
      }
      return { idle, counts };
    },
    stop() {
      ask('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}

/** What all inputs together have reached. */
export interface Reached {
  /** True when a snapshot holds a function, or a part of one, that never ran before. */
  isNew(s: Snapshot): boolean;
  learn(s: Snapshot): void;
  /** Functions and known blocks that ran. */
  readonly edges: number;
}

export function createReached(): Reached {
  const never = new Map<Place, readonly number[]>();
  /** Begins of blocks, by function. */
  const blocks = new Map<Place, Set<number>>();
  return {
    isNew(s) {
      for (const [place, idle] of s.idle) {
        const before = never.get(place);
        if (before === undefined || !contains(idle, before)) return true;
      }
      return false;
    },
    learn(s) {
      for (const [place, idle] of s.idle) {
        const before = never.get(place);
        never.set(place, before === undefined ? idle : common(before, idle));
        let known = blocks.get(place);
        if (!known) blocks.set(place, (known = new Set()));
        for (let i = 0; i < idle.length; i += 2) known.add(idle[i]!);
      }
    },
    get edges() {
      let n = never.size;
      for (const [place, known] of blocks) {
        const idle = never.get(place)!;
        for (const at of known) if (!isIn(idle, at)) n++;
      }
      return n;
    },
  };
}

/** True when each interval of `parts` lies in one of `wholes`. Both are pairs in order. */
function contains(wholes: readonly number[], parts: readonly number[]): boolean {
  for (let p = 0, w = 0; p < parts.length; p += 2) {
    while (w < wholes.length && wholes[w + 1]! < parts[p + 1]!) w += 2;
    if (w >= wholes.length || wholes[w]! > parts[p]!) return false;
  }
  return true;
}

function common(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i]!, b[j]!);
    const to = Math.min(a[i + 1]!, b[j + 1]!);
    if (from < to) out.push(from, to);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return out;
}

const isIn = (intervals: readonly number[], at: number): boolean => {
  for (let i = 0; i < intervals.length; i += 2) if (at >= intervals[i]! && at < intervals[i + 1]!) return true;
  return false;
};
