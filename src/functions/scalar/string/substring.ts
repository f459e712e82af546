// SQL substring(text, start [, end]).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { type ArgFact, defineScalar, param } from '../../../contract/function.ts';
import { toInt, toTextAlways } from '../../../data/cast.ts';
import { sliceBytes } from '../../../data/text.ts';
import type { Value } from '../../../data/value.ts';

export const substring = defineScalar({
  name: 'substring',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('text', 'string'), param('start', 'int'), param('end', 'int', { optional: true })],
  countText: () => 'the arguments for substring should be 2 or 3',
  validate: checkLiterals,
  returns: 'string',
  doc: 'Bytes (UTF-8) from start, counted from 0, up to but without end. Beyond the text there is nothing.',
  examples: [
    ['substring("abcdefgh", 3)', 'defgh'],
    ['substring("abcdefgh", 1, 3)', 'bc'],
    ['substring("abc", 9)', ''],
    ['substring(a, 1)', null, { a: null }],
    ['substring("abc", a)', { error: 'start index must be a positive number' }, { a: -1 }],
    ['substring("abc", 2, a)', { error: 'start index must be smaller than end index' }, { a: 1 }],
  ],
  exec: (...args: Value[]) => {
    const text = toTextAlways(args[0]);
    const start = toInt(args[1], 'strict');
    if (start < 0) throw rowError('start index must be a positive number');
    if (args.length === 2) return sliceBytes(text, start);
    const end = toInt(args[2], 'strict');
    if (end < 0) throw rowError('end index must be a positive number');
    if (start > end) throw rowError('start index must be smaller than end index');
    return sliceBytes(text, start, end);
  },
});

function checkLiterals(args: readonly ArgFact[]): void {
  const start = args[1]?.value;
  const end = args[2]?.value;
  if (typeof start !== 'bigint') return;
  if (start < 0n) throw new Error('The start index should not be a nagtive integer.');
  if (typeof end === 'bigint' && end < start) throw new Error('The end index should be larger than start index.');
}
