// Functions of time (silent_for, held_for …): computed for every row before WHERE, and when a moment comes at which they change by themselves.
import type { BoundCall } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface TimersNode extends NodeBase {
  readonly type: 'timers';
  /** Inner calls first. */
  readonly calls: readonly BoundCall[];
}

export const timersInfo = (n: TimersNode, names: InputNames): string =>
  `FieldFuncs:[ ${n.calls.map((c) => timerText(c, names)).join(', ')} ]`;

/** The call with its units and OVER, which eKuiper's texts leave out. */
export function timerText(c: BoundCall, names: InputNames): string {
  const over = c.over && [
    ...(c.over.partitionBy.length ? [`PARTITION BY ${c.over.partitionBy.map((p) => ekuiperText(p, names)).join(', ')}`] : []),
    ...(c.over.when ? [`WHEN ${ekuiperText(c.over.when, names)}`] : []),
  ];
  return `${c.name.toLowerCase()}(${c.facts.map((f) => f.text).join(', ')})${over ? ` OVER (${over.join(' ')})` : ''}`;
}
