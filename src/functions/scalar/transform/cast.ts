// SQL cast(value, type).
import { defineScalar, param } from '../../../contract/function.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { castTo, castTypes, checkTypeLiteral } from './cast-to.ts';

export const cast = defineScalar({
  name: 'cast',
  group: 'transform',
  since: '0.1.0',
  pure: false, // a text such as "10:30" is today's
  nulls: 'null-or-empty',
  params: [param('value', 'any'), param('type', 'any')],
  validate: (args) =>
    checkTypeLiteral(
      args[1],
      castTypes,
      'Expect one of following value for the 2nd parameter: bigint, float, string, boolean, datetime, bytea.',
    ),
  returns: 'unknown',
  doc: 'The value as bigint (floats are cut, texts read with base prefix: "0x10"), float, string, boolean, datetime (milliseconds or text) or bytea (base64, else the bytes of the text).',
  examples: [
    ['cast(1.9, "bigint")', 1n],
    ['cast("0x10", "bigint")', 16n],
    ['cast(a, "string")', '1000000', { a: 1e6 }],
    ['cast("t", "boolean")', true],
    ['cast(a, "bigint")', null, { a: null }],
    ['cast("3.9", "bigint")', { error: 'not supported type conversion, got error cannot convert string(3.9) to int' }],
    ['cast(1, "int")', { error: 'Expect one of following value for the 2nd parameter' }],
  ],
  compile: ([value, type], site) => {
    const fixed = site.args[1]?.literal ? site.args[1].value : undefined;
    return (row) => {
      const v = value!(row);
      if (isNullOrEmpty(v)) return null;
      const wanted = fixed ?? type!(row);
      return isNullOrEmpty(wanted) ? null : castTo(v, wanted, site.env);
    };
  },
});
