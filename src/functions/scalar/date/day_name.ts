// SQL day_name(t).

import { dayNames } from '../../../data/datetime-names.ts';
import { datePartErrors, defineDatePart } from './date-part.ts';

export const dayName = defineDatePart({
  name: 'day_name',
  returns: 'string',
  doc: 'English name of the day of the week.',
  examples: [['day_name(a)', 'Thursday', { a: '2024-02-29 13:05:09' }], ...datePartErrors('day_name')],
  part: (c) => dayNames[c.weekday]!,
});
