// Which branches ran: V8's precise block coverage of this thread, asked over the inspector. One question costs milliseconds however little
// ran, so loop.ts asks once for many inputs. Used by loop.ts.
import { Session } from 'node:inspector';

/** A branch (a block of a function) that ran, as one number. */
export type Edge = number;

export interface Coverage {
  /** Branches of the watched files that ran since the last call. */
  take(): Edge[];
  stop(): void;
}

interface ScriptCoverage {
  scriptId: string;
  url: string;
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[];
}

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
      const out: Edge[] = [];
      for (const script of result) {
        let n = numbers.get(script.url);
        if (n === undefined) numbers.set(script.url, (n = files.test(script.url) ? watched++ : -1));
        if (n < 0) continue;
        for (const f of script.functions)
          for (const { startOffset, endOffset, count } of f.ranges) if (count > 0) out.push(n * 1e12 + startOffset * 1e6 + endOffset);
      }
      return out;
    },
    stop() {
      ask('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}
