// SQL upper(text).
import { upperCase } from '../../../data/letter-case.ts';
import { textFunction } from './text-function.ts';

export const upper = textFunction({
  name: 'upper',
  group: 'string',
  doc: 'Text in upper case.',
  examples: [
    ['upper("héllo")', 'HÉLLO'],
    ['upper(a)', '1E+06', { a: 1e6 }],
    ['upper(a)', null, { a: null }],
    ['upper(a)', null, { a: [] }],
    ['upper(5)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: upperCase,
});
