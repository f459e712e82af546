// The second argument of encode() and decode(): only base64 there is. Not a function itself.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { ArgFact } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

/** @throws Error when the rule is made */
export function checkBase64Literal(args: readonly ArgFact[]): void {
  const fact = args[1];
  if (!fact?.literal || typeof fact.value !== 'string') throw new Error('Expect string type for parameter 2');
  if (fact.value !== 'base64') throw new Error('Only base64 is supported for the 2nd parameter.');
}

/** @throws rowError */
export function requireText(v: Value, what: 'encoded' | 'decoded'): string {
  if (typeof v !== 'string') throw rowError(`Only string type can be ${what}.`);
  return v;
}
