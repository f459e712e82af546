// What eKuiper's plan-time checks call a number, text or condition: literals, and for conditions also comparisons and logic. Used by the
// `validate` of functions whose checks differ from those of plan/checks/arguments.ts.
import type { ArgFact } from '../contract/function.ts';

/** `true`, `a > 1`, `a LIKE "x"`; not a column or a call. */
export function isConditionFact(arg: ArgFact | undefined): boolean {
  if (!arg) return false;
  return arg.node === 'bool' || (arg.type === 'boolean' && ['binary', 'between', 'in', 'like'].includes(arg.node));
}

export const isNumberFact = (arg: ArgFact | undefined): boolean => arg?.node === 'int' || arg?.node === 'float';

export const isTextFact = (arg: ArgFact | undefined): boolean => arg?.node === 'string';

/** @param place counted from 1, as in the text */
export function expectType(type: string, place: number): Error {
  return new Error(`Expect ${type} type for parameter ${place}`);
}
