// Loose conversions of the JSON path expression language: "5" counts as 5, "true" as true, null as false. Not SQL's rules: those are in
// data/cast.ts. Source: facts about the gval library that eKuiper uses.
import { formatV } from '../go-format.ts';
import { parseGoFloat } from '../go-numbers.ts';
import type { Value } from '../value.ts';

export function toNumber(v: Value): number | undefined {
  if (typeof v === 'number') return v;
  if (typeof v === 'bigint') return Number(v);
  return typeof v === 'string' ? parseGoFloat(v) : undefined;
}

export function toBoolean(v: Value): boolean | undefined {
  if (typeof v === 'boolean') return v;
  if (v == null || v === 'false' || v === 'FALSE') return false;
  if (v === 'true' || v === 'TRUE') return true;
  const n = toNumber(v);
  return n === undefined ? undefined : n !== 0;
}

/** Null, false, 0 and "" count as nothing for `??` and `? :`; empty arrays and objects count as something. */
export const isZero = (v: Value): boolean => v == null || v === false || v === 0 || v === 0n || v === '';

/** The key under which a value selects a member. */
export const toKey = (v: Value): string => (typeof v === 'string' ? v : formatV(v));
