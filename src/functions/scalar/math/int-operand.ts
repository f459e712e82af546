// Operands of bitand, bitor, bitxor and bitnot: ints, or floats that are whole. Not a function itself.
import { rowError } from '../../../base/errors/gateway-error.ts';
import { toInt64 } from '../../../data/cast.ts';
import { brief } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

/** @param which `the first ` or `the second ` for eKuiper's text, empty when there is only one
 *  @throws rowError `Expect int type for the first operand but got 2.5` */
export function intOperand(v: Value, which: '' | 'the first ' | 'the second '): bigint {
  if (typeof v === 'bigint') return v;
  if (typeof v === 'number' && Number.isInteger(v)) return toInt64(v, 'strict');
  throw rowError(`Expect int type for ${which}operand but got ${brief(v)}`);
}
