// SQL sha512(text).
import { hash } from 'node:crypto';
import { textFunction } from '../string/text-function.ts';

export const sha512 = textFunction({
  name: 'sha512',
  group: 'hash',
  doc: 'SHA512 of the UTF-8 bytes of the text, as lower-case hex digits.',
  examples: [
    [
      'sha512("hello")',
      '9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043',
    ],
    ['sha512(a)', null, { a: null }],
    ['sha512(12)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (text) => hash('sha512', text),
});
