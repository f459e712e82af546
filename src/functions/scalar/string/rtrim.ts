// SQL rtrim(text).
import { trimEnd } from '../../../data/white-space.ts';
import { textFunction } from './text-function.ts';

export const rtrim = textFunction({
  name: 'rtrim',
  group: 'string',
  doc: 'Text without the white space at its end.',
  examples: [
    ['rtrim(" a  ")', ' a'],
    ['rtrim(a)', null, { a: null }],
    ['rtrim(a)', null, { a: [] }],
    ['rtrim(5)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: trimEnd,
});
