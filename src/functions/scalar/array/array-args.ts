// Checks that the array functions share, with eKuiper's texts. Not functions themselves.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Value } from '../../../data/value.ts';

/** @throws rowError `first argument should be array of interface{}` */
export function arrayArg(v: Value, place: 'first' | 'second'): Value[] {
  if (Array.isArray(v)) return v;
  throw rowError(`${place} argument should be array of interface{}`);
}
