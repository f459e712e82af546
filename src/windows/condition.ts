// A condition of a window on one row: true, or anything else, which counts as false. A condition that fails is reported and false too:
// the row itself is not at fault for the window it belongs to.
import type { Expr } from '../contract/function.ts';
import type { Tuple } from '../data/tuple.ts';
import type { WindowDeps } from './window.ts';

export function holds(condition: Expr, t: Tuple, deps: Pick<WindowDeps, 'failed'>): boolean {
  try {
    return condition(t) === true;
  } catch (error) {
    deps.failed(error);
    return false;
  }
}
