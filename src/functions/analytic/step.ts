// What delta, increase and rate share: the value before, and how far the counter went. Not a function itself.

import type { Value } from '../../data/value.ts';
import { checkNumber } from '../aggregate/exact-total.ts';

/** Plain data. The last value that is not null and its time, epoch ms. */
export interface Before {
  v: number | bigint | undefined;
  tsMs: number;
}

export const nothingBefore = (): Before => ({ v: undefined, tsMs: 0 });

/** @returns the number, undefined for null  @throws rowError */
export function numberOf(name: string, v: Value): number | bigint | undefined {
  if (v == null) return undefined;
  checkNumber(name, v);
  return v as number | bigint;
}

/** Ints exactly. */
export const minus = (a: number | bigint, b: number | bigint): number | bigint =>
  typeof a === 'bigint' && typeof b === 'bigint' ? a - b : Number(a) - Number(b);

/** How far a counter went: a smaller value than before is one after a reset, which began at 0. */
export const stepOf = (now: number | bigint, before: number | bigint): number | bigint => (now < before ? now : minus(now, before));
