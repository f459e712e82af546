// Failures come out in the order of the rows. A failure passes by all operators that follow; when rows wait in one of them for a function
// outside of the gateway's process, the failure of a later row waits behind them. Used by outside-stage.ts for the operators that wait, and by
// compile/ for the operators before them, which do not.
import type { ProgramHost } from './operator.ts';

/** Where rows may wait, as the operators before it see it. */
export interface Stage {
  readonly busy: boolean;
  wake(): void;
  /** Does it when everything that is here now has gone on. */
  behind(work: () => void): void;
}

/** @param below the stages that follow, the nearest to the sources first */
export function inOrder(below: readonly Stage[], work: () => void): void {
  const at = below.findIndex((s) => s.busy);
  if (at < 0) work();
  else below[at]!.behind(() => inOrder(below.slice(at + 1), work));
}

/** @returns the host for an operator that does not wait itself, but has stages behind it */
export function hostInOrder(host: ProgramHost, below: readonly Stage[]): ProgramHost {
  if (below.length === 0) return host;
  return {
    ruleId: host.ruleId,
    ...(host.budget && { budget: host.budget }),
    clock: host.clock,
    log: host.log,
    env: host.env,
    emit: (result) => host.emit(result),
    exception: (stats, error) => inOrder(below, () => host.exception(stats, error)),
    touch: () => host.touch(),
    begin: () => host.begin(),
    resume: (debt) => host.resume(debt),
    end: (debt) => host.end(debt),
    ...(host.later && { later: (t, work) => host.later!(t, work) }),
    stats: (name) => host.stats(name),
    scanTable: (name) => host.scanTable(name),
    lookupTable: (name) => host.lookupTable(name),
  };
}
