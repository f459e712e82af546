// SQL day_of_year(t).
import { datePartErrors, defineDatePart } from './date-part.ts';

export const dayOfYear = defineDatePart({
  name: 'day_of_year',
  returns: 'bigint',
  doc: 'Day of the year, 1 to 366.',
  examples: [['day_of_year(a)', 60n, { a: '2024-02-29' }], ...datePartErrors('day_of_year')],
  part: (c) => BigInt(c.yearDay),
});
