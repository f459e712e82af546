// Key of a row in OVER (PARTITION BY …). Standard: two rows have the same key exactly when their values are equal, kind included, so that
// 1 and "1", null and an absent field, ("a,b", "c") and ("a", "b,c") are apart. With eKuiper's answers it is the text of the values.
import type { Expr } from '../contract/function.ts';
import { formatV } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { equalityKey } from '../data/value-key.ts';

/** @returns key of a row. @throws (the returned function) what an expression throws */
export function partitionKeyOf(partitionBy: readonly Expr[]): (t: Tuple) => string {
  const [first] = partitionBy;
  if (first === undefined) return () => '';
  if (partitionBy.length === 1) return (t) => keyOfOne(first(t));
  return (t) => {
    let key = '';
    for (let i = 0; i < partitionBy.length; i++) key += keyOfValue(partitionBy[i]!(t));
    return key;
  };
}

/** A text is its own key: of a hundred thousand devices no name is kept twice. Other values begin with a sign that no such key begins with. */
function keyOfOne(v: Value): string {
  if (typeof v === 'string' && v.charCodeAt(0) !== 0) return v;
  return `\u0000${keyOfValue(v)}`;
}

/** Begins with its kind and tells its own length, so that keys can stand one behind the other. */
function keyOfValue(v: Value): string {
  if (typeof v === 'string') return `s${v.length}:${v}`;
  if (v === undefined) return 'u';
  // a value that equals nothing is one key all the same
  return equalityKey(v) ?? `N${formatV(v).length}:${formatV(v)}`;
}

/** As eKuiper. An expression that fails counts as absent. @param failed told of it */
export function ekuiperPartitionKeyOf(partitionBy: readonly Expr[], failed: (error: unknown) => void): (t: Tuple) => string {
  return (t) => {
    let key = '';
    for (const e of partitionBy) {
      try {
        key += `${formatV(e(t))}\u0001`;
      } catch (error) {
        failed(error);
      }
    }
    return key;
  };
}
