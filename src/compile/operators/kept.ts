// What a row must keep when it is stored: columns that the rule reads and values that operators below have put in.

import { callsIn } from '../../plan/calls.ts';
import { expressionsOf } from '../../plan/node-expressions.ts';
import { some } from '../../plan/walk.ts';
import type { KeptSlot } from '../../windows/spec.ts';
import type { MakerInput } from '../chain.ts';

/** Columns first, then results of analytic functions, under names that do not depend on slots. */
export function keptSlots({ ctx, nodes }: MakerInput): KeptSlot[] {
  const calls = nodes.flatMap((n) => (n.type === 'analytic' || n.type === 'timers' ? n.calls : []));
  const own = callsIn(calls, () => true).filter((c) => c.slot && ctx.filled.has(c.slot.id));
  const elements = nodes.flatMap((n) => (n.type === 'unnest' ? [n.unnest.element, ...(n.unnest.ordinal ? [n.unnest.ordinal] : [])] : []));
  return [
    ...ctx.frame.columns,
    ...elements.map(({ slot }) => ({ slot: ctx.frame.slot(slot), column: `\u0000${slot.label}` })),
    ...own.map((c) => ({ slot: ctx.frame.slot(c.slot!), column: `\u0000${c.slot!.label}` })),
  ];
}

/** True when anything reads metadata of rows. */
export const keptMeta = ({ nodes }: MakerInput): boolean =>
  nodes.some((n) => (n.type === 'project' && n.sendMeta) || expressionsOf(n).some((e) => some(e, (x) => x.kind === 'meta')));
