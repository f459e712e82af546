// The members of an object in the order in which Go writes them. Rows of one stream have the same members nearly always: then nothing is sorted, and no
// name is quoted, again. Used by encode.ts.
import { spend } from '../../base/budget.ts';
import { spendSort } from '../../data/go-format.ts';
import type { ValueObject } from '../../data/value.ts';

export interface KeyOrder {
  /** Names as the object has them. */
  readonly keys: readonly string[];
  readonly sorted: readonly string[];
  /** `"name":` of each, sorted. */
  readonly heads: readonly string[];
}

export interface KeyOrders {
  /** @param depth of the object in what is written: objects of one depth are alike more often than others */
  of(v: ValueObject, depth: number): KeyOrder;
}

/** Objects that lie deeper, or have more members, are not remembered. */
const MAX_DEPTH = 3;
const MAX_KEYS = 1000;

export function createKeyOrders(): KeyOrders {
  const known: (KeyOrder | undefined)[] = [];
  return {
    of(v, depth) {
      const last = depth < MAX_DEPTH ? known[depth] : undefined;
      if (last !== undefined && hasKeys(v, last.keys)) {
        spend(4 + last.keys.length * 4);
        return last;
      }
      const order = orderOf(v);
      if (depth < MAX_DEPTH && order.keys.length <= MAX_KEYS) known[depth] = order;
      return order;
    },
  };
}

/** Without making a list of the names. */
function hasKeys(v: ValueObject, keys: readonly string[]): boolean {
  let n = 0;
  for (const k in v) if (k !== keys[n++]) return false;
  return n === keys.length;
}

function orderOf(v: ValueObject): KeyOrder {
  const keys = Object.keys(v);
  spend(4 + keys.length * 4);
  let sorted = keys;
  for (let i = 1; i < keys.length; i++)
    if (byBytes(keys[i - 1]!, keys[i]!) > 0) {
      spendSort(keys.length);
      sorted = keys.toSorted(byBytes);
      break;
    }
  return { keys, sorted, heads: sorted.map((k) => `${JSON.stringify(k)}:`) };
}

/** Go sorts keys by their UTF-8 bytes; that differs from UTF-16 order only beyond the basic plane. */
function byBytes(a: string, b: string): number {
  if (a < b) return /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : -1;
  return a === b ? 0 : /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : 1;
}
