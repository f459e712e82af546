// Windows that the rule cannot run: over tables alone, counting in event time, a version that lacks the kind.
import type { BoundSelect } from '../bind/select.ts';

/** @throws GatewayError PLAN_WINDOW */
export function checkWindow(b: BoundSelect): void {
  const w = b.window;
  if (!w) return;
  const { options, fail } = b.scope;
  const here = w.span;
  if (!b.sources.some((s) => s.info.kind === 'stream')) throw fail('PLAN_WINDOW', 'cannot run window for TABLE sources', here);
  // 5 is the number of the count window in eKuiper
  if (options.isEventTime && w.type === 'count')
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
