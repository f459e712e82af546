// The position that a request gives to a source (PUT /rules/{id}/reset_state): the value of its index column. Used by index.ts and
// server/source.ts.
import type { Value } from '../../data/value.ts';

/** @returns the value; a whole number of a request is an int64 as those of the table  @throws Error when there is no such column or value */
export function positionIn(values: Readonly<Record<string, unknown>>, indexField: string | undefined): Value {
  if (!indexField) throw new Error('the source has no indexField, and so no position');
  if (!(indexField in values)) throw new Error(`the position needs a value of ${indexField}`);
  const v = values[indexField] as Value;
  return typeof v === 'number' && Number.isSafeInteger(v) ? BigInt(v) : v;
}
