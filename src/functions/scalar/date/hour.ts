// SQL hour(t).
import { datePartErrors, defineDatePart } from './date-part.ts';

export const hour = defineDatePart({
  name: 'hour',
  returns: 'bigint',
  doc: 'Hour, 0 to 23.',
  examples: [
    ['hour(a)', 13n, { a: '2024-02-29 13:05:09' }],
    ['hour(a)', 10n, { a: '2024-06-15T10:00:00+02:00' }],
    ...datePartErrors('hour'),
  ],
  part: (c) => BigInt(c.hour),
});
