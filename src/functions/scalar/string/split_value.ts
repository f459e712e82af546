// SQL split_value(text, separator, index).
import { reserveArray, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { type ArgFact, defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { splitText } from '../../../data/text-search.ts';
import type { Value } from '../../../data/value.ts';

export const splitValue = defineScalar({
  name: 'split_value',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('text', 'string'), param('separator', 'string'), param('index', 'int')],
  countText: () => 'the arguments for split_value should be 3',
  validate: checkLiteral,
  returns: 'string',
  doc: 'The part number `index` (from 0) of the text split at the separator; an empty separator splits into characters. An index of a field may be negative: it counts from the end.',
  examples: [
    ['split_value("/test/device001/message", "/", 2)', 'device001'],
    ['split_value("a/b/c", "/", a)', 'c', { a: -1 }],
    ['split_value("abc", "", 1)', 'b'],
    ['split_value(a, "/", 0)', null, { a: null }],
    ['split_value("a/b", "/", 9)', { error: '9 out of index array (size = 2)' }],
  ],
  exec: (text: Value, separator: Value, index: Value) => {
    const whole = toTextAlways(text);
    const at = toTextAlways(separator);
    const parts = at === '' ? characters(whole) : splitText(whole, at);
    const i = Number(indexOf(index));
    const part = parts[i < 0 ? parts.length + i : i];
    if (part === undefined) throw rowError(`${i} out of index array (size = ${parts.length})`);
    return part;
  },
});

function characters(text: string): string[] {
  if (text.length > 256) {
    reserveArray(text.length);
    spend(text.length / 2);
  }
  return Array.from(text);
}

/** Indexes from here on fit no int64. */
const INT64_LIMIT = 2 ** 63;

/** eKuiper reads an index that is not a whole number as 0. */
function indexOf(v: Value): bigint {
  if (typeof v === 'bigint') return v;
  return typeof v === 'number' && Number.isInteger(v) && Math.abs(v) < INT64_LIMIT ? BigInt(v) : 0n;
}

function checkLiteral(args: readonly ArgFact[]): void {
  const index = args[2]?.value;
  if (typeof index === 'bigint' && index < 0n) throw new Error('The index should not be a nagtive integer.');
}
