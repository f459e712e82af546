// SQL sha1(text).
import { hash } from 'node:crypto';
import { textFunction } from '../string/text-function.ts';

export const sha1 = textFunction({
  name: 'sha1',
  group: 'hash',
  doc: 'SHA1 of the UTF-8 bytes of the text, as lower-case hex digits.',
  examples: [
    ['sha1("hello")', 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'],
    ['sha1(a)', null, { a: null }],
    ['sha1(12)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (text) => hash('sha1', text),
});
