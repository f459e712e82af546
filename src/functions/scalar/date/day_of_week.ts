// SQL day_of_week(t).
import { datePartErrors, defineDatePart } from './date-part.ts';

export const dayOfWeek = defineDatePart({
  name: 'day_of_week',
  returns: 'bigint',
  doc: 'Day of the week, 0 = Sunday to 6 = Saturday.',
  examples: [['day_of_week(a)', 4n, { a: '2024-02-29' }], ...datePartErrors('day_of_week')],
  part: (c) => BigInt(c.weekday),
});
