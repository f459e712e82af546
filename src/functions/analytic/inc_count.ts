// SQL inc_count(expr).
import { param } from '../../contract/function.ts';
import { defineIncremental } from './incremental.ts';

export const incCount = defineIncremental<number>({
  name: 'inc_count',
  params: [param('expr', 'any')],
  returns: 'bigint',
  doc: 'Number of rows so far whose value is not null.',
  examples: [
    ['inc_count(a)', 1n, { a: 5 }],
    ['inc_count(a)', null, { a: null }],
  ],
  init: () => 0,
  add: (n) => n + 1,
  result: (n) => BigInt(n),
});
