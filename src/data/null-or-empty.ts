// The condition under which many of eKuiper's functions answer null (or 0) without running: null, absent, [] or {}.
// Called by functions that evaluate their arguments themselves; for all others the null rule of the definition does it.
import { isStruct, type Value } from './value.ts';

export function isNullOrEmpty(v: Value): boolean {
  if (v == null) return true;
  if (typeof v !== 'object') return false;
  if (Array.isArray(v)) return v.length === 0;
  if (!isStruct(v)) return false;
  for (const _ in v) return false;
  return true;
}
