// SQL trim(text).
import { trimEnd, trimStart } from '../../../data/white-space.ts';
import { textFunction } from './text-function.ts';

export const trim = textFunction({
  name: 'trim',
  group: 'string',
  doc: 'Text without the white space at both ends.',
  examples: [
    ['trim("  a  ")', 'a'],
    ['trim(a)', '12.5', { a: 12.5 }],
    ['trim(a)', null, { a: null }],
    ['trim(a)', null, { a: [] }],
    ['trim(5)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (text) => trimStart(trimEnd(text)),
});
