// Index of one side of a join by the values of its key expressions. It only proposes candidates: ON is asked for each of them. What ON
// would refuse with an error (text against number) must not be hidden by an index, so keys of mixed kinds have no index at all.
import type { Expr } from '../contract/function.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';

/** `n` numbers, `s` texts, `b` booleans; '' when all values are null. */
type KeyClass = 'n' | 's' | 'b' | '';

export interface KeyedRows {
  /** Class of each key. */
  classes: KeyClass[];
  /** Key of each row; undefined when a part is null: such a row matches nothing. */
  keys: (string | number | undefined)[];
}

/** @returns undefined when there can be no index: a key fails, has another kind, or kinds are mixed */
export function keysOf(rows: readonly Tuple[], exprs: readonly Expr[]): KeyedRows | undefined {
  const classes: KeyClass[] = exprs.map(() => '');
  const keys: (string | number | undefined)[] = new Array(rows.length);
  for (let r = 0; r < rows.length; r++) {
    let key: string | number | undefined;
    let complete = true;
    for (let k = 0; k < exprs.length; k++) {
      let v: Value;
      try {
        v = exprs[k]!(rows[r]!);
      } catch {
        // the nested loop meets the same failure and reports it, if ON gets as far as this expression
        return undefined;
      }
      if (v === undefined || v === null) {
        complete = false;
        continue;
      }
      const c = classOf(v);
      if (c === undefined || (classes[k] !== '' && classes[k] !== c)) return undefined;
      classes[k] = c;
      // numbers of both kinds meet as float64; what differs only beyond 2^53 is told apart by ON
      const part = c === 'n' ? Number(v) : (v as string | boolean);
      key = exprs.length === 1 ? (typeof part === 'boolean' ? Number(part) : part) : `${key ?? ''}${String(part)}\u0001`;
    }
    keys[r] = complete ? key : undefined;
  }
  return { classes, keys };
}

function classOf(v: Value): KeyClass | undefined {
  switch (typeof v) {
    case 'number':
    case 'bigint':
      return 'n';
    case 'string':
      return 's';
    case 'boolean':
      return 'b';
    default:
      return undefined;
  }
}

/** True when no comparison between the two sides can be one of different kinds. */
export const comparable = (a: KeyedRows, b: KeyedRows): boolean =>
  a.classes.every((c, i) => c === '' || b.classes[i] === '' || c === b.classes[i]);

/** Row numbers by key, ascending. */
export function indexOf(rows: KeyedRows): Map<string | number, number[]> {
  const index = new Map<string | number, number[]>();
  rows.keys.forEach((key, i) => {
    if (key === undefined) return;
    const list = index.get(key);
    if (list) list.push(i);
    else index.set(key, [i]);
  });
  return index;
}
