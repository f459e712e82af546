// Numbers of a window as a list, the state of median and percentile_cont in standard SQL. Ints count as floats.
import { reserve } from '../../base/budget.ts';
import { spendSort } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { checkNumber } from './exact-total.ts';

/** Nulls and NaN are left out. */
export const addNumber =
  (name: string) =>
  (list: number[], v: Value): number[] => {
    if (v == null) return list;
    checkNumber(name, v);
    const x = Number(v);
    if (Number.isNaN(x)) return list;
    reserve(8);
    list.push(x);
    return list;
  };

export const joinNumbers = (a: number[], b: number[]): number[] => {
  for (const x of b) a.push(x);
  return a;
};

export function sorted(list: readonly number[]): Float64Array {
  spendSort(list.length / 2);
  return Float64Array.from(list).sort();
}

/** Value at share p of sorted values: between two of them in proportion.
 *  @param p 0 to 1 */
export function interpolated(values: Float64Array, p: number): number {
  const place = p * (values.length - 1);
  const below = Math.floor(place);
  const low = values[below]!;
  const high = values[Math.ceil(place)]!;
  return low === high ? low : low + (high - low) * (place - below);
}
