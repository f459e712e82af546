// What becomes of a row or group that cannot be computed, in rules with standard SQL: it is left out, counted, and told with a sample; the others
// of its collection go on. (With sqlCompatibility ekuiper the whole collection fails.) Made by compile/sample.ts; used by the operators here.
import type { Tuple } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import type { OperatorStats, ProgramHost } from './operator.ts';

/** Spec of an operator: set for standard SQL, undefined for eKuiper's way. */
export interface FailedRows {
  /** The row for a person: its columns as JSON, cut. */
  sample(t: Tuple): string;
  /** One row can be met again and again (sliding windows) and is told once. False where an operator may be run again (functions outside of the
   *  process): what it told then is void. */
  readonly once: boolean;
}

/** Tells of one failure. @param key text of the group that the row belongs to, or whose result failed */
export type TellFailure = (error: unknown, t: Tuple | undefined, key?: string) => void;

export function failureTeller(failed: FailedRows, prefix: string, host: ProgramHost, stats: OperatorStats): TellFailure {
  // rows of a window are new tuples each time, over the same columns
  const told = failed.once ? new WeakSet<object>() : undefined;
  return (error, t, key) => {
    if (t && told) {
      if (told.has(t.cols)) return;
      told.add(t.cols);
    }
    host.exception(stats, operatorError(prefix, error), { sample: t ? sampleOf(failed, t) : '', ...(key !== undefined && { key }) });
  };
}

function sampleOf(failed: FailedRows, t: Tuple): string {
  try {
    return failed.sample(t);
  } catch {
    // a member that cannot be decoded throws when it is read; the failure that is told says so already
    return '';
  }
}
