// FILTER(WHERE …) of a window: rows that do not satisfy it do not exist for the window, so they neither fill nor trigger it.
import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { describe } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import type { OperatorStats, ProgramHost } from './operator.ts';

/** @returns true when the row passes; a row whose condition fails is an exception of the window and does not pass */
export function createWindowFilter(filter: Expr | undefined, host: ProgramHost, stats: OperatorStats): (t: Tuple) => boolean {
  if (!filter) return () => true;
  return (t) => {
    try {
      const v = filter(t);
      if (v === true) return true;
      if (v === false || v === null || v === undefined) return false;
      throw rowError(`invalid condition that returns non-bool value ${describe(v)}`);
    } catch (error) {
      host.exception(stats, operatorError('run Where error: ', error));
      return false;
    }
  };
}
