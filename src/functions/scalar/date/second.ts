// SQL second(t).
import { datePartErrors, defineDatePart } from './date-part.ts';

export const second = defineDatePart({
  name: 'second',
  returns: 'bigint',
  doc: 'Second, 0 to 59.',
  examples: [['second(a)', 9n, { a: '2024-02-29 13:05:09' }], ...datePartErrors('second')],
  part: (c) => BigInt(c.second),
});
