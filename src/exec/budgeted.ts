// Puts what an operator sends by itself (a window that fires, a lookup that is answered, a row that was held back) on the rule's budget, with
// room for as many rows as it sends. Rows that come from a source are bound where they enter: compile/chain.ts.
import { type Budget, beginMessage, enter, leave } from '../base/budget.ts';
import type { Operator } from './operator.ts';

/** Measures the time of what an operator sends by itself. @returns the operator behind the meter */
export function metered(next: Operator, cpu: { begin(): void; end(): void }): Operator {
  const bound = Object.create(next) as Operator;
  bound.row = (t) => {
    cpu.begin();
    try {
      next.row(t);
    } finally {
      cpu.end();
    }
  };
  bound.rows = (c) => {
    cpu.begin();
    try {
      next.rows(c);
    } finally {
      cpu.end();
    }
  };
  return bound;
}

/** @returns the operator behind the border */
export function budgeted(next: Operator, budget: Budget): Operator {
  const bound = Object.create(next) as Operator;
  bound.row = (t) => {
    const before = enter(budget);
    // within the evaluation of a row it is on that row's budget already
    if (before !== budget) {
      beginMessage();
      budget.forRow();
    }
    try {
      next.row(t);
    } finally {
      leave(before);
    }
  };
  bound.rows = (c) => {
    const before = enter(budget);
    const inside = before === budget;
    if (!inside) beginMessage();
    budget.forRows(c.rows.length, inside);
    try {
      next.rows(c);
    } finally {
      leave(before);
    }
  };
  return bound;
}
