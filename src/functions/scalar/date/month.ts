// SQL month(t).
import { datePartErrors, defineDatePart } from './date-part.ts';

export const month = defineDatePart({
  name: 'month',
  returns: 'bigint',
  doc: 'Month, 1 to 12.',
  examples: [['month(a)', 2n, { a: '2024-02-29 13:05:09' }], ...datePartErrors('month')],
  part: (c) => BigInt(c.month),
});
