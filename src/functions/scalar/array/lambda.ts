// What the functions with a lambda share: elements of the list, the lambda as a function of an element and its index, what
// two of them do alike. Not a function itself.
import { reserveArray, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { CallSite, Expr, ScalarDefinition } from '../../../contract/function.ts';
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

/** @returns the function of a list that is decided by one element for which the condition is `by`; null when none decides and one is open */
export function decidedBy(by: boolean): ScalarDefinition['compile'] {
  return ([arr, fn], site) => {
    const each = eachOf(fn!, site);
    return (t) => {
      const elements = elementsOf(arr!(t));
      if (elements === undefined) return null;
      let open = false;
      for (let i = 0; i < elements.length; i++) {
        const c = conditionOf(each(t, elements[i], i));
        if (c === by) return by;
        if (c === null) open = true;
      }
      return open ? null : !by;
    };
  };
}

/** @param better whether a value takes the place of the best so far
 *  @returns the function of a list that gives the element whose value is the best, the first of equal ones */
export function bestBy(better: (v: Value, best: Value, zone: string) => boolean | null): ScalarDefinition['compile'] {
  return ([arr, fn], site) => {
    const each = eachOf(fn!, site);
    const zone = site.env.timeZone;
    return (t) => {
      let found: Value = null;
      let best: Value;
      elementsOf(arr!(t))?.forEach((e, i) => {
        const v = each(t, e, i);
        if (v == null || (best !== undefined && !better(v, best, zone))) return;
        best = v;
        found = e;
      });
      return found;
    };
  };
}

/** `(x, i) -> …` with the index from 0, which may be left out. */
export const OF_ELEMENT = { argument: 1, params: ['x', 'i'], least: 1 } as const;
