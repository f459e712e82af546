// What the functions with a lambda share: elements of the list, the lambda as a function of an element and its index. Not a function itself.
import { reserveArray, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { CallSite, Expr } from '../../../contract/function.ts';
import { describe } from '../../../data/go-format.ts';
import type { Tuple } from '../../../data/tuple.ts';
import type { Value } from '../../../data/value.ts';

/** What one element costs before its lambda does anything. */
const STEPS_PER_ELEMENT = 4;

/** @returns undefined for null  @throws rowError for anything but a list */
export function elementsOf(v: Value): readonly Value[] | undefined {
  if (v == null) return undefined;
  if (!Array.isArray(v)) throw rowError(`the first argument takes a list, but found ${describe(v)}`);
  spend(v.length * STEPS_PER_ELEMENT);
  if (v.length > 16) reserveArray(v.length);
  return v;
}

/** @param fn the lambda  @returns its value for an element; what is absent is null */
export function eachOf(fn: Expr, { params }: CallSite): (t: Tuple, element: Value, index: number) => Value {
  const [x, i] = params!;
  return i
    ? (t, element, index) => {
        x!.value = element;
        i.value = BigInt(index);
        return fn(t);
      }
    : (t, element) => {
        x!.value = element;
        return fn(t);
      };
}

/** @returns true, false or null  @throws rowError for anything that is no condition */
export function conditionOf(v: Value): boolean | null {
  if (v == null) return null;
  if (typeof v !== 'boolean') throw rowError(`the lambda takes a condition, but gave ${describe(v)}`);
  return v;
}

/** `(x, i) -> …` with the index from 0, which may be left out. */
export const OF_ELEMENT = { argument: 1, params: ['x', 'i'], least: 1 } as const;
