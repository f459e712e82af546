// SQL reverse(text).
import { reserveText, spend } from '../../../base/budget.ts';
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
  compute: (s) => {
    if (s.length > 256) {
      reserveText(s.length * 4);
      spend(s.length);
    }
    return Array.from(s).reverse().join('');
  },
});
