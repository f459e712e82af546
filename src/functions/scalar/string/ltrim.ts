// SQL ltrim(text).
import { trimStart } from '../../../data/white-space.ts';
import { textFunction } from './text-function.ts';

export const ltrim = textFunction({
  name: 'ltrim',
  group: 'string',
  doc: 'Text without the white space at its start.',
  examples: [
    ['ltrim("  a ")', 'a '],
    ['ltrim(a)', null, { a: null }],
    ['ltrim(a)', null, { a: [] }],
    ['ltrim(5)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: trimStart,
});
