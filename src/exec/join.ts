// Joins of the rows of a window with each other and with scan tables, left-deep in the order of FROM and JOIN. A row of the joint layout
// has only its own input's slots filled; a joined row has those of both. Matching rows are found by hash where ON begins with equalities,
// else by trying all pairs; both give the same rows in the same order.
import { giveBack, isBudgetError, reserve, spend } from '../base/budget.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import { describe } from '../data/go-format.ts';
import { Tuple, type WindowRange } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { operatorError } from './errors.ts';
import { failureTeller, type TellFailure } from './failed-rows.ts';
import { comparable, indexOf, type KeyedRows, keysOf } from './join-key.ts';
import type { Collection, Downstream, JoinSide, JoinSpec, JoinStep, Operator, OperatorStats, ProgramHost } from './operator.ts';

/** Rows of one side; tables keep them, and their keys, until the table changes. */
interface SideRows {
  rows: readonly Tuple[];
  keyed?: { keys: KeyedRows | undefined; index?: Map<string | number, number[]> };
}

export function createJoin(spec: JoinSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const from = sideReader(spec.from, host);
  const tell = spec.failed && failureTeller(spec.failed, 'run Join error: ', host, stats);
  const steps = spec.steps.map((step) => ({ step, right: sideReader(step.right, host) }));

  const join = (c: Collection): Tuple[] => {
    let left = from(c.rows);
    for (const { step, right } of steps) left = { rows: joinStep(step, left, right(c.rows), c.win, tell) };
    return left.rows as Tuple[];
  };
  const rows = (c: Collection): void => {
    stats.recordsIn++;
    let out: Tuple[];
    try {
      out = join(c);
    } catch (error) {
      host.exception(stats, operatorError('run Join error: ', error));
      return;
    }
    if (out.length === 0) return;
    stats.recordsOut++;
    next.rows({ rows: out, win: c.win });
  };
  return { stats, rows, row: (t) => rows({ rows: [t], win: t.win }) };
}

/** Gives the rows of a side out of a collection, or out of its table. */
function sideReader(side: JoinSide, host: ProgramHost): (rows: readonly Tuple[]) => SideRows {
  const { table, present } = side;
  if (!table) return (rows) => ({ rows: rows.filter((t) => t.cols[present] === true) });
  let version: number | undefined;
  let content: SideRows = { rows: [] };
  return () => {
    const current = host.scanTable(table.name);
    if (current.version !== version) {
      version = current.version;
      content = { rows: current.rows.map((t) => table.convert(t)) };
    }
    return content;
  };
}

function joinStep(step: JoinStep, left: SideRows, right: SideRows, win: WindowRange | undefined, tell: TellFailure | undefined): Tuple[] {
  const { type } = step;
  const out: Tuple[] = [];
  const merge = merger(step.right.slots, win);
  const matches = matcher(step, left, right, merge, tell);
  if (type === 'right') {
    right.rows.forEach((r, j) => {
      let found = false;
      for (const i of matches.ofRight(j)) {
        const row = matches.test(i, j);
        if (row) out.push(row);
        if (row) found = true;
      }
      if (!found) out.push(alone(r, win));
    });
    return out;
  }
  const rightFound = type === 'full' ? new Array<boolean>(right.rows.length).fill(false) : undefined;
  left.rows.forEach((l, i) => {
    let found = false;
    for (const j of matches.ofLeft(i)) {
      const row = matches.test(i, j);
      if (!row) continue;
      out.push(row);
      found = true;
      if (rightFound) rightFound[j] = true;
    }
    if (!found && (type === 'left' || type === 'full')) out.push(alone(l, win));
  });
  rightFound?.forEach((found, j) => {
    if (!found) out.push(alone(right.rows[j]!, win));
  });
  return out;
}

interface Matches {
  /** Candidates of the other side, ascending. */
  ofLeft(i: number): Iterable<number>;
  ofRight(j: number): Iterable<number>;
  /** The joined row, or undefined when ON refuses it. */
  test(i: number, j: number): Tuple | undefined;
}

const none: readonly number[] = [];

function matcher(
  step: JoinStep,
  left: SideRows,
  right: SideRows,
  merge: (l: Tuple, r: Tuple) => Tuple,
  tell: TellFailure | undefined,
): Matches {
  const { on } = step;
  const test = (i: number, j: number): Tuple | undefined => {
    spend(2);
    const row = merge(left.rows[i]!, right.rows[j]!);
    if (!on || step.type === 'cross') return row;
    let v: Value;
    try {
      v = on(row);
    } catch (error) {
      if (!tell || isBudgetError(error)) throw error;
      // the pair does not match; told once for the row on the left
      tell(error, left.rows[i]!);
      return undefined;
    }
    if (tell && v == null) return undefined;
    if (typeof v !== 'boolean') throw rowError(`invalid join condition that returns non-bool value ${describe(v)}`);
    if (v) return row;
    giveBack(0, bytesOf(row)); // nobody keeps it
    return undefined;
  };
  const hashed = step.keys && step.keys.length > 0 ? byHash(step, left, right) : undefined;
  if (hashed) return { ...hashed, test };
  const allLeft = [...left.rows.keys()];
  const allRight = [...right.rows.keys()];
  return { ofLeft: () => allRight, ofRight: () => allLeft, test };
}

function byHash(step: JoinStep, left: SideRows, right: SideRows): Pick<Matches, 'ofLeft' | 'ofRight'> | undefined {
  const keys = step.keys!;
  const leftKeys = keysOf(
    left.rows,
    keys.map((k) => k.left),
  );
  // the keys of a table are kept with its rows
  right.keyed ??= {
    keys: keysOf(
      right.rows,
      keys.map((k) => k.right),
    ),
  };
  const rightKeyed = right.keyed;
  const rightKeys = rightKeyed.keys;
  if (!leftKeys || !rightKeys || !comparable(leftKeys, rightKeys)) return undefined;
  let leftIndex: Map<string | number, number[]> | undefined;
  return {
    ofLeft(i) {
      const key = leftKeys.keys[i];
      if (key === undefined) return none;
      rightKeyed.index ??= indexOf(rightKeys);
      return rightKeyed.index.get(key) ?? none;
    },
    ofRight(j) {
      const key = rightKeys.keys[j];
      if (key === undefined) return none;
      leftIndex ??= indexOf(leftKeys);
      return leftIndex.get(key) ?? none;
    },
  };
}

const bytesOf = (t: Tuple): number => 96 + t.cols.length * 8;

/** Joined row: the left one with the slots of the right input filled in. */
function merger(rightSlots: readonly number[], win: WindowRange | undefined): (l: Tuple, r: Tuple) => Tuple {
  return (l, r) => {
    reserve(bytesOf(l));
    const cols = l.cols.slice();
    for (const slot of rightSlots) cols[slot] = r.cols[slot];
    return new Tuple(cols, l.tsMs, l.meta, l.ack ?? r.ack, win);
  };
}

/** A row without partner. */
const alone = (t: Tuple, win: WindowRange | undefined): Tuple => new Tuple(t.cols, t.tsMs, t.meta, t.ack, win);
