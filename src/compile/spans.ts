// Spans of the operators of a rule that is traced: eKuiper's names, and rows as people may see them. Called by chain.ts for traced rules only.
import type { Tuple } from '../data/tuple.ts';
import type { Row } from '../data/value.ts';
import type { Operator } from '../exec/operator.ts';
import { type TraceTarget, traced, tracedWindow } from '../exec/traced.ts';
import type { LogicalNode } from '../plan/logical/index.ts';
import type { Frame } from './frame.ts';

export interface Spans {
  wrap(op: Operator, note: (() => void) | undefined): Operator;
  window(next: Operator): { note(): void; next: Operator };
}

export function spansOf(node: LogicalNode, operator: string, trace: TraceTarget, frame: Frame): Spans {
  // a lookup is called by its table
  const name = node.type === 'lookup' ? node.table : operator.replace(/^\d+/, (n) => String(Number(n) + trace.shift));
  const show = shownRow(frame);
  return {
    wrap: (op, note) => traced(op, name, trace, show, note),
    window: (next) => tracedWindow(name, trace, show, next),
  };
}

/** Columns by name; the whole object where the rule reads it. Of joined rows the first input that has a name wins. */
function shownRow(frame: Frame): (t: Tuple) => Row {
  return (t) => {
    const row: Row = {};
    for (const { column, slot } of frame.columns) {
      const name = frame.joined ? column.slice(column.indexOf(' ') + 1) : column;
      const value = t.cols[slot];
      // marks of the joint layout are no columns
      if (value === undefined || name.startsWith('\u0000')) continue;
      if (name !== '*') row[name] ??= value;
      else if (typeof value === 'object' && value !== null) for (const [k, v] of Object.entries(value as Row)) row[k] ??= v;
    }
    return row;
  };
}
