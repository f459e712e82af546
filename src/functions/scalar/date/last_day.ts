// SQL last_day(t).
import { daysInMonth } from '../../../data/datetime-civil.ts';
import { datePartErrors, defineDatePart } from './date-part.ts';

const two = (n: number): string => String(n).padStart(2, '0');

export const lastDay = defineDatePart({
  name: 'last_day',
  returns: 'string',
  doc: 'Date of the last day of the month of t, as yyyy-MM-dd.',
  examples: [['last_day(a)', '2024-02-29', { a: '2024-02-01 13:05:09' }], ...datePartErrors('last_day')],
  part: (c) => `${String(c.year).padStart(4, '0')}-${two(c.month)}-${two(daysInMonth(c.year, c.month))}`,
});
