// SQL sha256(text).
import { hash } from 'node:crypto';
import { textFunction } from '../string/text-function.ts';

export const sha256 = textFunction({
  name: 'sha256',
  group: 'hash',
  doc: 'SHA256 of the UTF-8 bytes of the text, as lower-case hex digits.',
  examples: [
    ['sha256("hello")', '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'],
    ['sha256(a)', null, { a: null }],
    ['sha256(12)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (text) => hash('sha256', text),
});
