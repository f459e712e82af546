// Which operators keep state, and a text that is the same as long as the state still fits after a change of the rule.

import { isHitCall } from '../plan/classify.ts';
import type { LogicalNode } from '../plan/logical/index.ts';
import { expressionsOf } from '../plan/node-expressions.ts';
import { ekuiperText } from '../plan/text.ts';
import { some } from '../plan/walk.ts';

/** By operator name. Operators without state are left out. */
export function fingerprintsOf(
  nodes: readonly LogicalNode[],
  operators: readonly string[],
  names: readonly string[],
): Record<string, string> {
  const out: Record<string, string> = {};
  nodes.forEach((n, i) => {
    if (!keepsState(n)) return;
    const texts = expressionsOf(n).map((e) => ekuiperText(e, names));
    const window = n.type === 'window' || n.type === 'inc-window' ? [n.window.type, n.window.unit ?? '', ...n.window.lengths] : [];
    out[operators[i]!] = [n.type, ...window, ...texts].join('|');
  });
  return out;
}

function keepsState(n: LogicalNode): boolean {
  switch (n.type) {
    case 'analytic':
    case 'window':
    case 'inc-window':
    case 'watermark':
    case 'dedup-trigger':
      return true;
    case 'filter':
    case 'having':
    case 'project':
      return expressionsOf(n).some((e) => some(e, (x) => isHitCall(x) || (x.kind === 'call' && x.def.kind === 'scalar' && !x.def.pure)));
    default:
      return false;
  }
}
