// Where a row keeps what: slots of columns, of the whole object, of metadata in joined rows, of values that operators add.
// A rule with one source reads the shared tuples of its subscription directly; a rule with several has a layout of its own, in which
// each source has a range of slots, so that a joined row is a copy of both ranges. Made once per start by program.ts.
import type { PlanSlot } from '../plan/bound.ts';
import type { KeptSlot } from '../windows/spec.ts';

export interface Frame {
  /** Slots in use; more are given out by `slot`. */
  readonly width: number;
  /** Slots of columns; own slots come after them. */
  readonly base: number;
  /** All columns in the frame, under names that do not depend on slots: for checkpoints. */
  readonly columns: readonly KeptSlot[];
  /** All slots of an input in a joint layout. */
  slotsOf(input: number): readonly number[];
  column(input: number, name: string): number;
  /** Slot of the whole decoded object of an input. */
  star(input: number): number;
  /** Slot that holds an input's metadata; undefined when the tuple's own is meant (one source). */
  meta(input: number): number | undefined;
  /** Slot that is true when the row has a part from that input; undefined with one source. */
  present(input: number): number | undefined;
  /** Slot of a value that an operator adds; the same number for the same plan slot. */
  slot(s: PlanSlot): number;
  /** Inputs that have a range in this frame. */
  readonly inputs: readonly number[];
  readonly joined: boolean;
}

/** One source: columns are where the subscription's layout has them; own slots come after all of them.
 *  @param columns all columns that the rule reads, `*` included when it reads the whole object */
export function sharedFrame(columns: readonly string[], slotOf: (column: string) => number): Frame {
  const known = new Map(columns.map((c) => [c, slotOf(c)]));
  const base = Math.max(-1, ...known.values()) + 1;
  const own = new Map<number, number>();
  return {
    get width() {
      return base + own.size;
    },
    base,
    columns: [...known].map(([column, slot]) => ({ column, slot })),
    slotsOf: () => [...known.values()],
    column: (_, name) => known.get(name) ?? missing(name),
    star: () => known.get('*') ?? missing('*'),
    meta: () => undefined,
    present: () => undefined,
    slot: (s) => ownSlot(own, s, base),
    inputs: [0],
    joined: false,
  };
}

/** Columns of one source in a joint layout; `*` for the whole object. */
export interface FrameInput {
  readonly input: number;
  readonly columns: readonly string[];
}

/** Several sources: for each the columns, then its metadata and a mark that it is there. */
export function jointFrame(inputs: readonly FrameInput[]): Frame {
  const known = new Map<string, number>();
  let base = 0;
  for (const { input, columns } of inputs) for (const name of [...columns, META, PRESENT]) known.set(`${input} ${name}`, base++);
  const own = new Map<number, number>();
  const find = (input: number, name: string): number => known.get(`${input} ${name}`) ?? missing(name);
  return {
    get width() {
      return base + own.size;
    },
    base,
    columns: [...known].map(([column, slot]) => ({ column, slot })),
    slotsOf: (input) => [...known].filter(([name]) => name.startsWith(`${input} `)).map(([, slot]) => slot),
    column: find,
    star: (input) => find(input, '*'),
    meta: (input) => find(input, META),
    present: (input) => find(input, PRESENT),
    slot: (s) => ownSlot(own, s, base),
    inputs: inputs.map((i) => i.input),
    joined: true,
  };
}

// names that no column can have
const META = '\u0000meta';
const PRESENT = '\u0000present';

function ownSlot(own: Map<number, number>, s: PlanSlot, base: number): number {
  let at = own.get(s.id);
  if (at === undefined) {
    at = base + own.size;
    own.set(s.id, at);
  }
  return at;
}

function missing(name: string): never {
  throw new Error(`column ${name} was not asked for when the rule was planned`);
}
