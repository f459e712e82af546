// SQL parse_json(text).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toText } from '../../../data/cast.ts';
import { brief } from '../../../data/go-format.ts';
import { parseJsonText } from '../../../data/json-text.ts';
import type { Value } from '../../../data/value.ts';

export const parseJson = defineScalar({
  name: 'parse_json',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string')],
  returns: 'unknown',
  doc: 'The value of a JSON text; all numbers become floats. Null for null and for the text null.',
  examples: [
    ['parse_json(a)', { q: [1, 2.5, null] }, { a: '{"q":[1,2.5,null]}' }],
    ['parse_json("12")', 12],
    ['parse_json("null")', null],
    ['parse_json(a)', null, { a: null }],
    ['parse_json("[1")', { error: 'fail to parse json' }],
    ['parse_json(a)', { error: 'fail to convert 1 to string' }, { a: 1 }],
  ],
  exec: (v: Value) => {
    if (v == null) return null;
    if (typeof v !== 'string' && !(v instanceof Uint8Array)) throw rowError(`fail to convert ${brief(v)} to string`);
    return parseJsonText(toText(v, 'sameKind'));
  },
});
