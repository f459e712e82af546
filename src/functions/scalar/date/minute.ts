// SQL minute(t).
import { datePartErrors, defineDatePart } from './date-part.ts';

export const minute = defineDatePart({
  name: 'minute',
  returns: 'bigint',
  doc: 'Minute, 0 to 59.',
  examples: [['minute(a)', 5n, { a: '2024-02-29 13:05:09' }], ...datePartErrors('minute')],
  part: (c) => BigInt(c.minute),
});
