// SQL conv(number, fromBase, toBase).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export const conv = defineScalar({
  name: 'conv',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('number', 'any'), param('fromBase', 'int', { literal: true }), param('toBase', 'int', { literal: true })],
  returns: 'string',
  doc: 'A number from one base to another (2…36), as MySQL does: digits up to the first wrong one count; a negative base means signed. Null for other bases.',
  examples: [
    ['conv("ff", 16, 10)', '255'],
    ['conv(-1, 10, 16)', 'FFFFFFFFFFFFFFFF'],
    ['conv("-17", 10, -16)', '-11'],
    ['conv("1z", 10, 1)', null],
    ['conv(a, 10, 16)', null, { a: null }],
    ['conv("99999999999999999999", 10, 16)', { error: 'value out of range' }],
  ],
  exec: (v: Value, from: Value, to: Value) => convert(toTextAlways(v), Number(from), Number(to)),
});

function convert(text: string, from: number, to: number): string | null {
  const fromBase = Math.abs(from);
  const toBase = Math.abs(to);
  if (fromBase > 36 || fromBase < 2 || toBase > 36 || toBase < 2) return null;
  const { negative, size } = parsePrefix(text.trim(), fromBase);
  if (size === undefined) return '0';
  if (size > MAX_UINT64) throw rowError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  // a negative fromBase saturates at the limits of int64, a positive one wraps
  const limit = negative ? MAX_INT64 + 1n : MAX_INT64;
  const magnitude = from < 0 && size > limit ? limit : size;
  const bits = BigInt.asUintN(64, negative ? -magnitude : magnitude);
  const signed = BigInt.asIntN(64, bits);
  return (to < 0 ? signed : bits).toString(toBase).toUpperCase();
}

/** The longest run of digits of the base at the start, after one sign; `size` undefined when there is none. */
function parsePrefix(text: string, base: number): { negative: boolean; size?: bigint } {
  let i = text[0] === '-' || text[0] === '+' ? 1 : 0;
  let size: bigint | undefined;
  for (; i < text.length; i++) {
    const digit = DIGITS.indexOf(text[i]!.toUpperCase());
    if (digit < 0 || digit >= base) break;
    size = (size ?? 0n) * BigInt(base) + BigInt(digit);
    if (size > MAX_UINT64) break;
  }
  return { negative: text[0] === '-', size };
}
