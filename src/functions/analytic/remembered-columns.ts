// Values of columns by name, as had_changed(…, *) and changed_cols(…, *) keep them from row to row. Not a function itself. Names come from
// messages: one that makes up new names for ever must not fill the memory.
import { budgetProblem } from '../../base/budget.ts';
import type { Value } from '../../data/value.ts';

const MAX_NAMES = 10_000;

/** @throws rowError BUDGET_EXCEEDED */
export function remember(before: Map<string, Value>, name: string, v: Value): void {
  if (before.size >= MAX_NAMES && !before.has(name))
    throw budgetProblem(`messages so far had ${MAX_NAMES} different columns, and no more are remembered: name the columns instead of *`);
  before.set(name, v ?? null);
}
