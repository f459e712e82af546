// Where functions of time cannot stand: they send rows by themselves, which a window would count as messages.
import type { BoundSelect } from '../bind/select.ts';
import type { BoundCall } from '../bound.ts';
import { hasAggregate } from '../classify.ts';
import { some } from '../walk.ts';

/** @throws GatewayError PLAN_TIMER */
export function checkTimers(b: BoundSelect, calls: readonly BoundCall[]): void {
  const { fail } = b.scope;
  const first = calls[0]!;
  const name = first.name.toLowerCase();
  if (b.window)
    throw fail(
      'PLAN_TIMER',
      `${name} does not go with a window: the row that it sends when its time has come would be counted as a message`,
      first.span,
      'use two rules with a memory topic between them',
    );
  for (const c of calls) {
    const parts = [...c.args, ...(c.over ? [...c.over.partitionBy, ...(c.over.when ? [c.over.when] : [])] : [])];
    if (parts.some(hasAggregate)) throw fail('PLAN_TIMER', `${c.name.toLowerCase()} takes no aggregates`, c.span);
    if (parts.some((p) => some(p, (e) => e.kind === 'call' && e.def.outside !== undefined)))
      throw fail(
        'PLAN_TIMER',
        `${c.name.toLowerCase()} takes no functions of contained plugins: they answer later`,
        c.span,
        'compute the value in another rule, or let the plugin run in the process',
      );
  }
}
