// Columns of a subscription in numbered slots. A name keeps its slot as long as somebody reads it; then the slot may serve another name,
// so that thousands of rule updates do not widen the tuples for ever. The extractor (row → array) is generated anew when names change.
// Used by source-node.ts.
import { wholeRow } from '../../data/bad-fields.ts';
import type { Row, Value } from '../../data/value.ts';

export interface Layout {
  /** Slot of a column, counted once per call: give it back with `release`. `*` = the whole object. */
  acquire(column: string): number;
  release(column: string): void;
  /** Current extractor. Fetch it per message: it changes with the names. */
  extract: (row: Row) => Value[];
  /** Names in use. */
  readonly columns: readonly string[];
}

export function createLayout(): Layout {
  const slots = new Map<string, { slot: number; users: number }>();
  const names: (string | undefined)[] = [];
  const free: number[] = [];
  const layout: Layout = {
    acquire(column) {
      const found = slots.get(column);
      if (found) {
        found.users++;
        return found.slot;
      }
      const slot = free.pop() ?? names.length;
      names[slot] = column;
      slots.set(column, { slot, users: 1 });
      layout.extract = generate(names);
      return slot;
    },
    release(column) {
      const found = slots.get(column);
      if (!found) throw new Error(`layout: column ${column} was not acquired`);
      if (--found.users > 0) return;
      slots.delete(column);
      names[found.slot] = undefined;
      free.push(found.slot);
      layout.extract = generate(names);
    },
    extract: generate(names),
    get columns() {
      return [...slots.keys()];
    },
  };
  return layout;
}

/** Names that every object answers to by its prototype. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** One array literal with constant keys is several times faster than a loop over names, since each place gets its own inline cache.
 *  Names get into the code only through JSON.stringify, as string literals. */
function generate(names: readonly (string | undefined)[]): (row: Row) => Value[] {
  const items = names.map((name) => {
    if (name === undefined) return 'undefined';
    if (name === '*') return 'whole(row)';
    const key = JSON.stringify(name);
    return inherited.has(name) ? `(own(row, ${key}) ? row[${key}] : undefined)` : `row[${key}]`;
  });
  return new Function('own', 'whole', `return function extract(row) { return [${items.join(', ')}]; };`)(Object.hasOwn, wholeRow) as (
    row: Row,
  ) => Value[];
}
