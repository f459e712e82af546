// SQL month_name(t).

import { monthNames } from '../../../data/datetime-names.ts';
import { datePartErrors, defineDatePart } from './date-part.ts';

export const monthName = defineDatePart({
  name: 'month_name',
  returns: 'string',
  doc: 'English name of the month.',
  examples: [['month_name(a)', 'February', { a: '2024-02-29 13:05:09' }], ...datePartErrors('month_name')],
  part: (c) => monthNames[c.month - 1]!,
});
