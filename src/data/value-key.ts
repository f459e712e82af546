// Text that two values share exactly when `deepEqual` holds for them, so that sets of nested values need no comparison of each with each.
// Called by element-set.ts; compare.ts has the definition that this follows, and a property test compares the two.
import { checkNesting, reserveText, spend } from '../base/budget.ts';
import { sortedKeys } from './go-format.ts';
import { isDateTime, type Value } from './value.ts';

/** @returns undefined when the value equals nothing, not even itself: there is a NaN in it
 *  @throws what a member throws that could not be decoded */
export function equalityKey(v: Value): string | undefined {
  const out: Out = { text: '', nothing: false };
  write(v, 0, out);
  return out.nothing ? undefined : out.text;
}

const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Out {
  text: string;
  nothing: boolean;
}

function write(v: Value, depth: number, out: Out): void {
  switch (typeof v) {
    case 'undefined':
      out.text += 'n';
      return;
    case 'boolean':
      out.text += v ? 't' : 'f';
      return;
    case 'number':
      if (Number.isNaN(v)) out.nothing = true;
      // 0 and -0 are equal
      out.text += `d${v === 0 ? 0 : v};`;
      return;
    case 'bigint':
      out.text += `i${v};`;
      return;
    case 'string':
      if (v.length > 64) reserveText(v.length);
      out.text += `s${v.length}:${v}`;
      return;
    default:
  }
  if (v === null) {
    out.text += 'n';
    return;
  }
  checkNesting(depth);
  if (Array.isArray(v)) {
    spend(2 + v.length);
    out.text += `[${v.length}:`;
    for (const item of v) write(item, depth + 1, out);
  } else if (v instanceof Uint8Array) {
    spend(v.length / 16);
    out.text += `b${v.length}:${Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('latin1')}`;
  } else if (isDateTime(v)) out.text += `T${v.epochNs};`;
  else {
    const keys = sortedKeys(v, byUnits);
    out.text += `{${keys.length}:`;
    for (const key of keys) {
      out.text += `${key.length}:${key}`;
      write(v[key], depth + 1, out);
    }
  }
}
