// Columns of a subscription in numbered slots. A name keeps its slot as long as somebody reads it; then the slot may serve another name,
// so that thousands of rule updates do not widen the tuples for ever. The extractor (row → array) is generated when the first row comes after a change
// of the names: a rule that reads a thousand columns costs one.
// Used by source-node.ts.
import { wholeRow } from '../../data/bad-fields.ts';
import type { Row, Value } from '../../data/value.ts';

export interface Layout {
  /** Slot of a column, counted once per call: give it back with `release`. `*` = the whole object. */
  acquire(column: string): number;
  release(column: string): void;
  /** The values of a row by slot. Fetch it per message: it changes with the names. */
  extract: (row: Row) => Value[];
  /** Names in use. */
  readonly columns: readonly string[];
  /** Slots of columns that no row had since they were asked for; empty in steady state. */
  unseen: number[];
  /** Takes columns that this row has from `unseen`. Call it while there are any. */
  look(cols: readonly Value[]): void;
  /** True when no row had the column since it was asked for. */
  isUnseen(column: string): boolean;
}

export function createLayout(): Layout {
  const slots = new Map<string, { slot: number; users: number }>();
  const names: (string | undefined)[] = [];
  const free: number[] = [];
  const renewed = (row: Row): Value[] => {
    layout.extract = generate(names);
    return layout.extract(row);
  };
  const layout: Layout = {
    acquire(column) {
      const found = slots.get(column);
      if (found) {
        found.users++;
        return found.slot;
      }
      const slot = free.pop() ?? names.length;
      names[slot] = column;
      layout.unseen = [...layout.unseen, slot];
      slots.set(column, { slot, users: 1 });
      layout.extract = renewed;
      return slot;
    },
    release(column) {
      const found = slots.get(column);
      if (!found) throw new Error(`layout: column ${column} was not acquired`);
      if (--found.users > 0) return;
      slots.delete(column);
      names[found.slot] = undefined;
      layout.unseen = layout.unseen.filter((slot) => slot !== found.slot);
      free.push(found.slot);
      layout.extract = renewed;
    },
    extract: renewed,
    get columns() {
      return [...slots.keys()];
    },
    unseen: [],
    look(cols) {
      const { unseen } = layout;
      for (let i = 0; i < unseen.length; i++)
        if (cols[unseen[i]!] !== undefined) {
          layout.unseen = unseen.filter((slot) => cols[slot] === undefined);
          return;
        }
    },
    isUnseen(column) {
      const found = slots.get(column);
      return found !== undefined && layout.unseen.includes(found.slot);
    },
  };
  return layout;
}

/** Names that every object answers to by its prototype. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** More columns are read in a loop: code for each of them would cost more memory than time. */
const MAX_GENERATED = 500;

const loopOver =
  (names: readonly (string | undefined)[]) =>
  (row: Row): Value[] => {
    const cols = new Array<Value>(names.length);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (name === undefined) cols[i] = undefined;
      else if (name === '*') cols[i] = wholeRow(row);
      else cols[i] = !inherited.has(name) || Object.hasOwn(row, name) ? row[name] : undefined;
    }
    return cols;
  };

/** One array literal with constant keys is several times faster than a loop over names, since each place gets its own inline cache.
 *  Names get into the code only through JSON.stringify, as string literals. */
function generate(names: readonly (string | undefined)[]): (row: Row) => Value[] {
  if (names.length > MAX_GENERATED) return loopOver(names.slice());
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
