// The host of a program within a program (a branch, a step, a node of a graph): everything goes to the host of the rule, but for what the caller
// puts in its place. Used by branches.ts, steps.ts and node-chain.ts.
import type { ProgramHost } from './operator.ts';

export function innerHost(
  host: ProgramHost,
  own: Pick<ProgramHost, 'emit' | 'stats'> & Partial<Pick<ProgramHost, 'exception' | 'trace'>>,
): ProgramHost {
  return {
    ruleId: host.ruleId,
    clock: host.clock,
    log: host.log,
    env: host.env,
    ...(host.budget && { budget: host.budget }),
    ...(host.times && { times: host.times }),
    ...(host.cpu && { cpu: host.cpu }),
    ...(host.late && { late: (row, t) => host.late?.(row, t) }),
    exception: (stats, error, failed) => host.exception(stats, error, failed),
    touch: () => host.touch(),
    begin: () => host.begin(),
    resume: (debt) => host.resume(debt),
    end: (debt) => host.end(debt),
    ...(host.later && { later: (t, work) => host.later?.(t, work) }),
    scanTable: (table) => host.scanTable(table),
    lookupTable: (table) => host.lookupTable(table),
    ...own,
  };
}
