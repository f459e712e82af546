// Checks that the object functions share. Not functions themselves.
import { rowError } from '../../../base/errors/gateway-error.ts';
import { isStruct, type Value, type ValueObject } from '../../../data/value.ts';

/** @param text eKuiper's error text, which differs between the functions */
export function objectArg(v: Value, text: string): ValueObject {
  if (isStruct(v)) return v;
  throw rowError(text);
}
