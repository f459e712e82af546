// SQL try_cast(value, type).
import { isBudgetError } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { castTo, castTypes, checkTypeLiteral } from './cast-to.ts';

export const tryCast = defineScalar({
  name: 'try_cast',
  group: 'transform',
  since: '0.2.0',
  onlyStandard: true,
  pure: false,
  nulls: 'pass',
  params: [param('value'), param('type')],
  validate: (args) =>
    checkTypeLiteral(
      args[1],
      castTypes,
      'Expect one of following value for the 2nd parameter: bigint, float, string, boolean, datetime, bytea.',
    ),
  returns: 'unknown',
  doc: 'The value as cast() gives it, or null where cast() fails.',
  examples: [
    ['try_cast("3.5", "float")', 3.5],
    ['try_cast("x", "float")', null],
    ['try_cast(a, "bigint")', null, { a: [1] }],
    ['try_cast(a, "float")', null, { a: null }],
    ['try_cast(1, "int")', { error: 'Expect one of following value for the 2nd parameter' }],
  ],
  compile:
    ([value, type], site) =>
    (row) => {
      const v = value!(row);
      if (isNullOrEmpty(v)) return null;
      try {
        return castTo(v, type!(row), site.env);
      } catch (error) {
        if (isBudgetError(error)) throw error;
        // that is what it is for
        return null;
      }
    },
});
