// The parameter of sum, avg, max, …: a number. Not a function itself. eKuiper refuses literals and conditions of another type.
import { type ArgFact, param } from '../../contract/function.ts';
import { expectType, isConditionFact } from '../literal-kinds.ts';

export const numberParam = param('expr', 'number');

/** `sum(a > 1)`; literals are refused by their type already. */
export function refuseConditions(args: readonly ArgFact[]): void {
  args.forEach((arg, i) => {
    if (isConditionFact(arg)) throw expectType('number - float or int', i + 1);
  });
}
