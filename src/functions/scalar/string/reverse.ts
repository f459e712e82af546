// SQL reverse(text).
import { textFunction } from './text-function.ts';

export const reverse = textFunction({
  name: 'reverse',
  group: 'string',
  doc: 'Text with its characters (code points) in reverse order.',
  examples: [
    ['reverse("añb")', 'bña'],
    ['reverse(a)', null, { a: null }],
    ['reverse(a)', null, { a: [] }],
    ['reverse(5)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (s) => Array.from(s).reverse().join(''),
});
