// SQL lower(text).
import { lowerCase } from '../../../data/letter-case.ts';
import { textFunction } from './text-function.ts';

export const lower = textFunction({
  name: 'lower',
  group: 'string',
  doc: 'Text in lower case.',
  examples: [
    ['lower("HÉLLO")', 'héllo'],
    ['lower(a)', 'true', { a: true }],
    ['lower(a)', null, { a: null }],
    ['lower(a)', null, { a: [] }],
    ['lower(5)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: lowerCase,
});
