// SQL md5(text).
import { hash } from 'node:crypto';
import { textFunction } from '../string/text-function.ts';

export const md5 = textFunction({
  name: 'md5',
  group: 'hash',
  doc: 'MD5 of the UTF-8 bytes of the text, as lower-case hex digits.',
  examples: [
    ['md5("hello")', '5d41402abc4b2a76b9719d911017c592'],
    ['md5(a)', null, { a: null }],
    ['md5(12)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (text) => hash('md5', text),
});
