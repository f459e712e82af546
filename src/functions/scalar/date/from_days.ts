// SQL from_days(n).
import { type ArgFact, defineScalar, param } from '../../../contract/function.ts';
import { toInt64 } from '../../../data/cast.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatDate } from '../../../data/datetime-format.ts';

const NS_PER_DAY = 86_400_000_000_000n;

/** eKuiper refuses every literal, also an int. */
export function refuseIntLiteral(args: readonly ArgFact[]): void {
  if (args[0]?.literal) throw new Error('Expect int type for parameter 1');
}

export const fromDays = defineScalar({
  name: 'from_days',
  group: 'date',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('n', 'int')],
  validate: refuseIntLiteral,
  returns: 'string',
  doc: 'Date of day n, as yyyy-MM-dd; day 1 is 1970-01-01 (not year 0 as in MySQL), 0 is null. Takes a column or expression, not a literal.',
  examples: [
    ['from_days(a)', '1970-01-01', { a: 1n }],
    ['from_days(a)', '2022-01-07', { a: 19000 }],
    ['from_days(a)', null, { a: 0 }],
    ['from_days(a)', null, { a: null }],
    ['from_days(a)', { error: 'cannot convert float64(1.5) to int' }, { a: 1.5 }],
  ],
  exec: (n) => {
    const day = toInt64(n, 'strict');
    return day === 0n ? null : formatDate(new DateTime((day - 1n) * NS_PER_DAY));
  },
});
