// SQL sha384(text).
import { hash } from 'node:crypto';
import { textFunction } from '../string/text-function.ts';

export const sha384 = textFunction({
  name: 'sha384',
  group: 'hash',
  doc: 'SHA384 of the UTF-8 bytes of the text, as lower-case hex digits.',
  examples: [
    ['sha384("hello")', '59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f'],
    ['sha384(a)', null, { a: null }],
    ['sha384(12)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (text) => hash('sha384', text),
});
