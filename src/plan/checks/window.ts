// Windows that the rule cannot run: over tables alone, counting in event time, a version that lacks the kind.
import type { BoundSelect, BoundWindow } from '../bind/select.ts';
import { hasAggregate, hasWindowCall } from '../classify.ts';

/** @throws GatewayError PLAN_WINDOW */
export function checkWindow(b: BoundSelect): void {
  const w = b.window;
  if (!w) return;
  const { options, fail } = b.scope;
  const here = w.span;
  if (!b.sources.some((s) => s.info.kind === 'stream')) throw fail('PLAN_WINDOW', 'cannot run window for TABLE sources', here);
  if (options.sqlCompatibility === 'standard') checkStandard(b, w);
  else if (w.namedUnit)
    throw fail(
      'PLAN_BAD_ARGUMENT',
      `The 1st argument for ${w.type}window is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].`,
      here,
      'weeks, months and units by name are there for rules with option sqlCompatibility "standard"',
    );
  // 5 is the number of the count window in eKuiper
  if (options.isEventTime && w.type === 'count' && options.sqlCompatibility !== 'standard')
    throw fail(
      'PLAN_WINDOW',
      'unsupported window type 5',
      here,
      'a count window does not know event time; use processing time or a time window',
    );
  if (options.windowVersion === 'v2' && w.type !== 'sliding' && w.type !== 'state')
    throw fail(
      'PLAN_WINDOW',
      `unsupported window type:${w.type.toUpperCase()}_WINDOW`,
      here,
      'windowVersion v2 has sliding and state windows only',
    );
}

/** What a window cannot mean, with the reason. */
function checkStandard(b: BoundSelect, w: BoundWindow): void {
  const { options, fail } = b.scope;
  const unit = w.unit;
  if ((w.type === 'sliding' || w.type === 'session') && (unit === 'mm' || unit === 'qq' || unit === 'yy'))
    throw fail(
      'PLAN_WINDOW',
      `a ${w.type} window cannot be measured in ${unitNames[unit]}: they differ in length`,
      w.span,
      'write its length in days (dd) or weeks (ww); tumbling and hopping windows take months',
    );
  if (w.type === 'state' && w.when)
    throw fail(
      'PLAN_WINDOW',
      'a state window takes no OVER (WHEN …): its conditions say when it begins and ends',
      w.span,
      'put the condition into STATEWINDOW(begin, end), or keep rows out with FILTER (WHERE …)',
    );
  if (w.type !== 'sliding' && (options.windowVersion === 'v2' || options.sendSlidingWindowTwice) && w.partitionBy.length > 0)
    throw fail('PLAN_WINDOW', `option windowOption does not go with OVER (PARTITION BY …) of a ${w.type} window`, w.span);
  for (const e of [...w.partitionBy, ...(w.when ? [w.when] : [])])
    if (hasAggregate(e) || hasWindowCall(e))
      throw fail(
        'PLAN_WINDOW',
        'OVER (…) of a window looks at one row: aggregates and window functions are not known there',
        e.span,
        'use HAVING to look at the content of the window',
      );
}

const unitNames = { mm: 'months', qq: 'quarters', yy: 'years' } as const;
