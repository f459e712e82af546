// SQL to_json(value).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { toJsonText } from '../../../data/json-text.ts';
import type { Value } from '../../../data/value.ts';

export const toJson = defineScalar({
  name: 'to_json',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('value', 'any')],
  returns: 'string',
  doc: 'The value as JSON text with sorted keys. Null, empty arrays and empty objects give null.',
  examples: [
    ['to_json(a)', '{"a":[1,"x",null],"b":true}', { a: { b: true, a: [1, 'x', null] } }],
    ['to_json(a)', '"\\u003c\\u0026\\u003e"', { a: '<&>' }],
    ['to_json(a)', null, { a: [] }],
    ['to_json(a)', { error: 'fail to convert NaN to json' }, { a: Number.NaN }],
  ],
  exec: (v: Value) => {
    const text = toJsonText(v);
    if (text === undefined) throw rowError(`fail to convert ${brief(v)} to json`);
    return text;
  },
});
