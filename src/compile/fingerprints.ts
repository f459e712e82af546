// Which operators keep state, and a text that is the same as long as the state still fits after a change of the rule.

import type { BoundExpr } from '../plan/bound.ts';
import { isHitCall } from '../plan/classify.ts';
import type { LogicalNode } from '../plan/logical/index.ts';
import { timerText } from '../plan/logical/timers.ts';
import { expressionsOf } from '../plan/node-expressions.ts';
import { ekuiperText } from '../plan/text.ts';
import { some } from '../plan/walk.ts';

/** Name under which the state of calls stands that belong to no operator with state of its own: in ORDER BY, in arguments of aggregates … */
export const CALLS = 'calls';

/** By operator name. Operators without state are left out. */
export function fingerprintsOf(
  nodes: readonly LogicalNode[],
  operators: readonly string[],
  names: readonly string[],
  standard: boolean,
): Record<string, string> {
  const out: Record<string, string> = {};
  // keys are made of the calls' texts: what does not fit any more is not looked for
  if (nodes.some((n) => !ownsCalls(n) && expressionsOf(n).some((e) => some(e, keepsCallState))))
    out[CALLS] = standard ? `standard ${CALLS}` : CALLS;
  nodes.forEach((n, i) => {
    if (!keepsState(n)) return;
    const texts = n.type === 'timers' ? n.calls.map((c) => timerText(c, names)) : expressionsOf(n).map((e) => ekuiperText(e, names));
    const window = n.type === 'window' || n.type === 'inc-window' ? [n.window.type, n.window.unit ?? '', ...n.window.lengths] : [];
    // accumulators and keys differ
    out[operators[i]!] = [standard ? `standard ${n.type}` : n.type, ...window, ...texts].join('|');
  });
  return out;
}

function keepsState(n: LogicalNode): boolean {
  switch (n.type) {
    case 'analytic':
    case 'as-of':
    case 'timers':
    case 'window':
    case 'inc-window':
    case 'watermark':
    case 'dedup-trigger':
      return true;
    case 'filter':
    case 'having':
    case 'project':
      return expressionsOf(n).some((e) => some(e, keepsCallState));
    default:
      return false;
  }
}

/** Filters and projections save the state of their calls themselves; HAVING and windows do for their conditions only. */
const ownsCalls = (n: LogicalNode): boolean => n.type === 'filter' || n.type === 'project';

const keepsCallState = (e: BoundExpr): boolean => isHitCall(e) || (e.kind === 'call' && e.def.keepsState === true);
