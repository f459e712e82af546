// Text that two values share exactly when SQL counts them as one group or partition: 1 and 1.0 are equal, 1 and "1" are not, and null, an absent
// field and the text "<nil>" are three. Most keys are texts: those are their own key. (eKuiper's keys: compare.ts, groupKeyText.)
import type { Value } from './value.ts';
import { equalityKey } from './value-key.ts';

/** Before everything that is no plain text. */
const MARK = '\u0000';

export function groupKeyOf(v: Value): string {
  switch (typeof v) {
    case 'string':
      return v.charCodeAt(0) === 0 ? `${MARK}s${v}` : v;
    case 'number':
      // -0 is 0
      return `${MARK}n${v === 0 ? 0 : v}`;
    case 'bigint':
      return `${MARK}n${v}`;
    case 'boolean':
      return v ? `${MARK}t` : `${MARK}f`;
    case 'undefined':
      return `${MARK}u`;
    default:
      return v === null ? `${MARK}z` : `${MARK}o${equalityKey(v) ?? 'NaN'}`;
  }
}

/** Key of several values: lengths stand before the parts, so that ("a,b", "c") and ("a", "b,c") are two. */
export function addToGroupKey(key: string, v: Value): string {
  const part = groupKeyOf(v);
  return `${key}${part.length}:${part}`;
}
