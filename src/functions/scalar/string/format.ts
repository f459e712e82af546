// SQL format(x, decimals [, locale]).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toInt, toTextAlways } from '../../../data/cast.ts';
import { createNumberFormat, type NumberFormat } from '../../../data/number-format.ts';
import type { Value } from '../../../data/value.ts';

export const format = defineScalar({
  name: 'format',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('x', 'any'), param('decimals', 'int', { literal: true }), param('locale', 'string', { optional: true, literal: true })],
  countText: (found) => `At least has 2 argument but found ${found}.`,
  returns: 'string',
  doc: 'A number with that many decimals (half to even); with a locale that names a country (en_US, de_DE) in its grouping and signs. What is not a number counts as 0.',
  examples: [
    ['format(12332.1234567, 4)', '12332.1235'],
    ['format(12332.2, 2, "de_DE")', '12.332,20'],
    ['format(a, 2)', null, { a: null }],
    ['format(a, 2)', '0.00', { a: 'abc' }],
    ['format(1.5, 1, "en")', { error: 'not support for the specific locale:en' }],
    ['format(1.5, -1)', { error: 'the decimal places must greater or equal than 0' }],
  ],
  compile: ([x, decimals, locale]) => {
    let format: NumberFormat | undefined; // decimals and locale are literals: one format per call
    return (row) => {
      const value = x!(row);
      format ??= formatFor(decimals!(row), locale?.(row));
      return format(typeof value === 'number' || typeof value === 'bigint' ? value : 0);
    };
  },
});

function formatFor(decimals: Value, locale: Value): NumberFormat {
  const places = toInt(decimals, 'strict');
  if (places < 0) throw rowError('the decimal places must greater or equal than 0');
  return createNumberFormat(places, locale == null ? undefined : toTextAlways(locale));
}
