// SQL extract(obj). The row is made by exec/project-set.ts.
import { rowError } from '../../base/errors/gateway-error.ts';
import { defineTable, param } from '../../contract/function.ts';
import { isNullOrEmpty } from '../../data/null-or-empty.ts';
import { isStruct, type Value } from '../../data/value.ts';

export const extract = defineTable({
  name: 'extract',
  group: 'table',
  since: '0.1.0',
  params: [param('obj', 'any')],
  returns: 'array',
  doc: 'The members of obj as columns of the row. Null, {} and anything that is not an object are an error of the row.',
  examples: [
    ['extract(a)', [{ k: 'v' }], { a: { k: 'v' } }],
    ['extract(a)', null, { a: null }],
    ['extract(a)', { error: 'extract should use map' }, { a: 'str' }],
  ],
  rows: (obj: Value) => {
    if (isNullOrEmpty(obj)) return null;
    if (!isStruct(obj)) throw rowError('call func extract error: extract should use map');
    return [obj];
  },
});
