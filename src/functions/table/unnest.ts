// SQL unnest(array). The rows are made by exec/project-set.ts, which also reports what is not an array.
import { defineTable, param } from '../../contract/function.ts';
import { isNullOrEmpty } from '../../data/null-or-empty.ts';
import type { Value } from '../../data/value.ts';

export const unnest = defineTable({
  name: 'unnest',
  group: 'table',
  since: '0.1.0',
  params: [param('arr', 'any')],
  returns: 'array',
  doc:
    'One row per element: members of objects become columns, other elements go to the column unnest (or the alias); the other columns of the ' +
    'row are repeated. Null, [] and anything that is not an array are an error of the row. Once per SELECT, not inside another function.',
  examples: [
    ['unnest(a)', [1, 2], { a: [1, 2] }],
    ['unnest(a)', null, { a: [] }],
    ['unnest(a)', 'str', { a: 'str' }],
  ],
  rows: (arr: Value) => (isNullOrEmpty(arr) ? null : arr),
});
