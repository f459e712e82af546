// The optional argument of now() and cur_time(): digits of the fraction of the second. Not a function itself. eKuiper 2.4 stops the rule when
// it is given (list of defects, no. 5); here it works as documented.
import { type ArgFact, type CallSite, param } from '../../../contract/function.ts';

export const fspParam = param('fsp', 'int', { optional: true, literal: true });

export const fspCountText = (): string => 'too many arguments';

/** @throws Error for a literal outside 0..6 */
export function checkFsp(args: readonly ArgFact[]): void {
  const fsp = args[0]?.value;
  if (fsp !== undefined && fsp !== null && !(Number(fsp) >= 0 && Number(fsp) <= 6))
    throw new Error(`parameter 1 is the number of digits of the fraction, 0 to 6, but found ${args[0]!.text}`);
}

/** Digits of the fraction that a call asks for. */
export const fspOf = (site: CallSite): number => Number(site.args[0]?.value ?? 0);
