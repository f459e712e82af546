// SQL microsecond(t).
import { datePartErrors, defineDatePart } from './date-part.ts';

export const microsecond = defineDatePart({
  name: 'microsecond',
  returns: 'bigint',
  doc: 'Fraction of the second in microseconds, 0 to 999999.',
  examples: [['microsecond(a)', 456789n, { a: '2024-03-10T01:02:03.456789Z' }], ...datePartErrors('microsecond')],
  part: (c) => BigInt(Math.trunc(c.nano / 1000)),
});
