// SQL lag(expr[, offset[, default[, ignoreNull]]]).
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, defineAnalytic, param } from '../../contract/function.ts';
import { toInt } from '../../data/cast.ts';
import { brief } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { expectType, isConditionFact, isNumberFact, isTextFact } from '../literal-kinds.ts';

/** Plain data: the last `offset` values, oldest at `at`. Undefined before the first row. */
type Ring = { values: Value[]; at: number } | undefined;

function check(args: readonly ArgFact[]): void {
  const [, offset, , ignoreNull] = args;
  if (offset) {
    if (offset.node === 'float' || isTextFact(offset) || isConditionFact(offset) || offset.node === 'column') throw expectType('int', 2);
    if (offset.node === 'int' && (offset.value as bigint) < 0n) throw new Error('the index should not be a nagtive integer');
  }
  if (isNumberFact(ignoreNull) || isTextFact(ignoreNull)) throw expectType('bool', 4);
}

/** Longest look back; the buffer is made at once. */
const MAX_OFFSET = 1_000_000;

function offsetOf(args: readonly Value[]): number {
  if (args.length < 2) return 1;
  let offset: number;
  try {
    offset = toInt(args[1], 'strict');
  } catch (error) {
    throw rowError(`error converting second arg ${brief(args[1])} to int: ${messageOf(error)}`);
  }
  if (offset < 0 || offset > MAX_OFFSET) throw rowError(`the offset of lag must be from 0 to ${MAX_OFFSET} but is ${offset}`);
  return offset;
}

export const lag = defineAnalytic<Ring>({
  name: 'lag',
  group: 'analytic',
  since: '0.1.0',
  params: [
    param('expr', 'any'),
    param('offset', 'any', { optional: true }),
    param('default', 'any', { optional: true }),
    param('ignoreNull', 'any', { optional: true }),
  ],
  countText: (found) => `expect one two or three args but got ${found}`,
  validate: check,
  returns: 'unknown',
  doc:
    'Value of expr so many rows ago (default 1), or the default (null) before there are that many. With ignoreNull (the default) rows whose ' +
    'expr is null do not count. Rows for which OVER (WHEN …) is false do not count either.',
  examples: [
    ['lag(a)', null, { a: 5 }],
    ['lag(a, 1, 7)', 7n, { a: 5 }],
    ['lag(a, 0 - 1)', { error: 'the offset of lag must be' }, { a: 5 }],
  ],
  init: () => undefined,
  next(box, args, valid) {
    const offset = offsetOf(args);
    const ignoreNull = args.length >= 4 ? args[3] : true;
    if (typeof ignoreNull !== 'boolean') throw rowError(`The fourth arg is not a bool but got ${brief(ignoreNull)}`);
    // The size is that of the first row, and the buffer starts with that row's default.
    box.state ??= { values: new Array<Value>(offset).fill(args[2] ?? null), at: 0 };
    const ring = box.state;
    const { values, at } = ring;
    if (values.length === 0) return null;
    const before = values[at];
    const v = args[0] ?? null;
    if (valid && (v !== null || !ignoreNull)) {
      values[at] = v;
      ring.at = (at + 1) % values.length;
    }
    return before;
  },
});
