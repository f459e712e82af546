// SQL array_reduce(arr, start, (sum, x) -> value).
import { bytesUsed, giveBack, reserveArray, stepsUsed } from '../../../base/budget.ts';
import { type CallSite, defineScalar, type Expr, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { elementsOf } from './lambda.ts';

export const arrayReduce = defineScalar({
  name: 'array_reduce',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('start', 'any'), param('fn', 'any')],
  lambda: { argument: 2, params: ['sum', 'x', 'i'], least: 2 },
  returns: 'unknown',
  doc: 'Folds the list from the left: array_reduce(arr, start, (sum, x) -> value), also (sum, x, i) ->. Of an empty list it is the start.',
  examples: [
    ['array_reduce(a, 0, (sum, x) -> sum + x)', 6, { a: [1, 2, 3] }],
    ['array_reduce(a, "", (text, x, i) -> text || i || x)', '0a1b', { a: ['a', 'b'] }],
    ['array_reduce(a, 5, (sum, x) -> sum + x)', 5n, { a: [] }],
    ['array_reduce(a, 0, (sum, x) -> sum + x)', null, { a: null }],
    ['array_reduce(a, 0, x -> x)', { error: 'the lambda has 1 parameters' }, { a: [1] }],
  ],
  compile: ([arr, start, fn], { params, grows }) => {
    const [sum, x, index] = params!;
    const place = (element: Value, i: number): void => {
      x!.value = element;
      if (index) index.value = BigInt(i);
    };
    if (grows) return collecting(arr!, start!, grows, place);
    return (t) => {
      const elements = elementsOf(arr!(t));
      if (elements === undefined) return null;
      let result = start!(t) ?? null;
      for (let i = 0; i < elements.length; i++) {
        sum!.value = result;
        place(elements[i], i);
        const before = result;
        const counts = typeof before === 'string' && before.length > SHORT;
        const steps = counts ? stepsUsed() : 0;
        const bytes = counts ? bytesUsed() : 0;
        result = fn!(t) ?? null;
        // texts share their pieces: what the text so far was counted for was no copy, and nobody holds that text any more
        if (counts && typeof result === 'string') {
          const atMost = before.length;
          giveBack(Math.min(stepsUsed() - steps, (2 * atMost) / CHARS_PER_STEP), Math.min(bytesUsed() - bytes, 2 * atMost));
        }
      }
      return result;
    };
  },
});

/** Texts from here on are counted by what builds them. */
const SHORT = 256;
const CHARS_PER_STEP = 64;

/** A list that only grows is one list: to copy it for each element would be work in the square of their number. */
function collecting(
  arr: Expr,
  start: Expr,
  { growth, more }: NonNullable<CallSite['grows']>,
  place: (element: Value, i: number) => void,
): Expr {
  return (t) => {
    const elements = elementsOf(arr(t));
    if (elements === undefined) return null;
    const first = start(t) ?? null;
    if (elements.length === 0) return first;
    const own = growth.begin(first);
    for (let i = 0; i < elements.length; i++) {
      place(elements[i], i);
      const before = own.length;
      for (const e of more) growth.add(own, e(t));
      reserveArray(own.length - before);
    }
    return growth.end(own);
  };
}
