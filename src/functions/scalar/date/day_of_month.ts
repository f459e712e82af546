// SQL day_of_month(t). Numbers are read in the configured zone.
import { datePartErrors, defineDatePart } from './date-part.ts';

export const dayOfMonth = defineDatePart({
  name: 'day_of_month',
  aliases: ['day'],
  returns: 'bigint',
  doc: 'Day of the month, 1 to 31.',
  examples: [['day_of_month(a)', 29n, { a: '2024-02-29' }], ['day(a)', 1n, { a: 1704067200000 }], ...datePartErrors('day_of_month')],
  part: (c) => BigInt(c.day),
});
