// SQL count(*), count(expr).
import { defineAggregate, inStandard, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';

/** Before the first row; an empty window has no count (recorded: null, not 0). */
const NO_ROWS = -1;

export const count = inStandard(
  defineAggregate<number>({
    name: 'count',
    group: 'aggregate',
    since: '0.1.0',
    params: [param('expr', 'any')],
    returns: 'bigint',
    star: 'row',
    doc: 'Number of values that are not null; count(*) is the number of rows. Null for an empty window.',
    examples: [
      ['count(a)', 1n, { a: 5 }],
      ['count(a)', 0n, { a: null }],
      ['count(*)', 1n, { a: null }],
    ],
    init: () => NO_ROWS,
    add: (n, v: Value) => (n === NO_ROWS ? 0 : n) + (v == null ? 0 : 1),
    result: (n) => (n === NO_ROWS ? null : BigInt(n)),
    merge: (a, b) => (a === NO_ROWS ? b : b === NO_ROWS ? a : a + b),
  }),
  {
    doc: 'Number of values that are not null; count(*) is the number of rows. 0 for an empty window.',
    init: () => 0,
    add: (n: number, v: Value) => (v == null ? n : n + 1),
    result: (n: number) => BigInt(n),
    merge: (a: number, b: number) => a + b,
  },
);
