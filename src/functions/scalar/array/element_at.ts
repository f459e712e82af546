// SQL element_at(arr, index), element_at(obj, key).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toInt } from '../../../data/cast.ts';
import { isStruct, type Value } from '../../../data/value.ts';

export const elementAt = defineScalar({
  name: 'element_at',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('collection', 'any'), param('index', 'any')],
  returns: 'unknown',
  doc: 'Element of an array at an index (from 0; negative from the end), or member of an object by its key (null when missing).',
  examples: [
    ['element_at(array_create(1, 2, 3), 2)', 3n],
    ['element_at(a, -1)', 'z', { a: ['x', 'z'] }],
    ['element_at(a, "k")', 1, { a: { k: 1 } }],
    ['element_at(a, "nope")', null, { a: { k: 1 } }],
    ['element_at(a, 0)', null, { a: null }],
    ['element_at(a, 3)', { error: 'index out of range' }, { a: [1] }],
    ['element_at(a, 0)', { error: 'first argument should be []interface{} or map[string]interface{}' }, { a: 'str' }],
  ],
  exec: (collection: Value, index: Value) => {
    if (Array.isArray(collection)) {
      const i = toInt(index, 'strict');
      if (i >= collection.length || -i > collection.length) throw rowError('index out of range');
      return collection.at(i);
    }
    if (!isStruct(collection)) throw rowError('first argument should be []interface{} or map[string]interface{}');
    if (typeof index !== 'string') throw rowError('second argument should be string');
    return Object.hasOwn(collection, index) ? collection[index] : null;
  },
});
