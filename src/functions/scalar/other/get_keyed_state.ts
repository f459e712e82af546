// SQL get_keyed_state(key, type, default).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { castTo, checkTypeLiteral } from '../transform/cast-to.ts';

export const getKeyedState = defineScalar({
  name: 'get_keyed_state',
  group: 'other',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [param('key', 'any'), param('type', 'any'), param('default', 'any')],
  validate: (args) =>
    checkTypeLiteral(
      args[1],
      ['bigint', 'float', 'string', 'boolean', 'datetime'],
      'expect one of following value for the 2nd parameter: bigint, float, string, boolean, datetime',
    ),
  returns: 'unknown',
  doc: 'The value that is kept under the key for all rules, as bigint, float, string, boolean or datetime; the default when there is none.',
  examples: [
    ['get_keyed_state("nokey", "bigint", 5)', 5n],
    ['get_keyed_state("nokey", "bigint", a)', null, { a: null }],
    ['get_keyed_state(a, "string", "d")', { error: 'key 2 is not a string' }, { a: 2 }],
    ['get_keyed_state("k", "int", 5)', { error: 'expect one of following value for the 2nd parameter' }],
  ],
  compile:
    ([key, type, fallback], { env }) =>
    (row) => {
      const name = key!(row);
      if (typeof name !== 'string') throw rowError(`key ${brief(name)} is not a string`);
      const value = env.keyedState.get(name);
      return value == null ? fallback!(row) : castTo(value, type!(row), env);
    },
});
