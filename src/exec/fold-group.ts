// Folding of rows into groups: key of a row, accumulators of its group, and the output row of a group. One place for both forms of
// aggregation: over a collection of rows (aggregate.ts) and row by row as they come (fold-store.ts), so that both give the same answer.
import { inFunction } from '../base/budget.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import { formatV } from '../data/go-format.ts';
import { addToGroupKey, groupKeyOf } from '../data/group-key.ts';
import { Tuple, type WindowRange } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { operatorError } from './errors.ts';
import type { TellFailure } from './failed-rows.ts';
import type { AggregateCall, AggregateSpec } from './operator.ts';

export interface Group {
  readonly key: string;
  /** Columns that are not aggregated are taken from it. */
  readonly first: Tuple;
  readonly states: unknown[];
}

/** Between the texts of a key's values. eKuiper writes a comma there, which makes one group of ("a,b", "c") and ("a", "b,c"). */
const SEPARATOR = '\u0001';

export interface Folder {
  /** Text of the GROUP BY values; '' without. @throws what an expression throws, as `run Group By error` */
  keyOf(t: Tuple): string;
  newGroup(key: string, first: Tuple): Group;
  /** The GROUP BY values for a person. */
  shownKey(t: Tuple): string;
  /** Folds a row into its group. In standard SQL a row that throws has changed nothing.
   *  @throws what an argument or a fold throws, as `run Select error` */
  add(group: Group, t: Tuple): void;
  /** Output rows of groups. @param tell takes what a result throws; undefined: it is thrown */
  results(groups: Iterable<Group>, win: WindowRange | undefined, tell: TellFailure | undefined): Tuple[];
  /** The one row of an empty window without GROUP BY; undefined with dimensions. */
  empty(win: WindowRange | undefined): Tuple | undefined;
}

export function createFolder(spec: AggregateSpec): Folder {
  const { dims, width, base } = spec;
  // functions of the rule's whole life fold nothing: their operator asks them per result row
  const calls = spec.calls.filter((c) => c.def.hit === undefined);
  const folds = calls.map(foldOf);
  const n = calls.length;
  // one call changes its state last; of several none may have changed when another one fails
  const steps = spec.failed && n > 1 ? calls.map(twoStepsOf) : undefined;

  const initial = (): unknown[] => calls.map((c) => c.def.init(c.site));
  const fill = (into: Value[], states: readonly unknown[]): void => {
    for (let i = 0; i < n; i++) {
      const { def, site, slot } = calls[i]!;
      try {
        into[slot] = def.result(states[i], site);
      } catch (error) {
        throw inFunction(error, site.name);
      }
    }
  };
  const failOf = (i: number, error: unknown) =>
    operatorError(`run Select error: expr: ${calls[i]!.site.name} meet error, err:`, inFunction(error, calls[i]!.site.name));
  const result = (group: Group, win: WindowRange | undefined): Tuple => {
    const { first } = group;
    const cols: Value[] = base === undefined ? first.cols.slice() : first.cols.slice(0, base);
    while (cols.length < width) cols.push(undefined);
    fill(cols, group.states);
    return new Tuple(cols, win ? win.endMs : first.tsMs, first.meta, win ? undefined : first.ack, win);
  };
  const shownKey = (t: Tuple): string => {
    try {
      return dims.map((d) => formatV(d(t))).join(', ');
    } catch {
      // what failed is the key itself, and is told
      return '';
    }
  };
  return {
    keyOf: keyOf(spec),
    shownKey,
    newGroup: (key, first) => ({ key, first, states: initial() }),
    add(group, t) {
      const { states } = group;
      if (steps) {
        for (let i = 0; i < n; i++) {
          try {
            steps[i]!.prepare(t);
          } catch (error) {
            throw failOf(i, error);
          }
        }
        for (let i = 0; i < n; i++) states[i] = steps[i]!.take(states[i]);
        return;
      }
      for (let i = 0; i < n; i++) {
        try {
          states[i] = folds[i]!(states[i], t);
        } catch (error) {
          throw failOf(i, error);
        }
      }
    },
    results(groups, win, tell) {
      if (!tell) return Array.from(groups, (g) => result(g, win));
      const out: Tuple[] = [];
      for (const g of groups) {
        try {
          out.push(result(g, win));
          for (let i = 0; i < n; i++) {
            const left = calls[i]!.def.left?.(g.states[i]);
            if (left)
              tell(failOf(i, rowError(`${left.count} values of another kind do not count: ${left.sample}`)), undefined, shownKey(g.first));
          }
        } catch (error) {
          tell(error, g.first, shownKey(g.first));
        }
      }
      return out;
    },
    empty(win) {
      if (dims.length > 0) return undefined;
      const cols: Value[] = new Array(width).fill(undefined);
      fill(cols, initial());
      return new Tuple(cols, win?.endMs ?? 0, undefined, undefined, win);
    },
  };
}

/** Most rules group by one column that holds texts: that text is the key. */
function keyOf({ dims, failed }: AggregateSpec): (t: Tuple) => string {
  const fail = (error: unknown): never => {
    throw operatorError('run Group By error: ', error);
  };
  if (dims.length === 0) return () => '';
  const first = dims[0]!;
  if (dims.length === 1) {
    const text = failed ? groupKeyOf : formatV;
    return (t) => {
      try {
        const v = first(t);
        return typeof v === 'string' && (v.charCodeAt(0) !== 0 || !failed) ? v : text(v);
      } catch (error) {
        return fail(error);
      }
    };
  }
  const append = failed ? addToGroupKey : (key: string, v: Value) => `${key}${typeof v === 'string' ? v : formatV(v)}${SEPARATOR}`;
  return (t) => {
    try {
      let key = '';
      for (let i = 0; i < dims.length; i++) key = append(key, dims[i]!(t));
      return key;
    } catch (error) {
      return fail(error);
    }
  };
}

/** A fold in two: what may fail, and what changes the state. Values go from one to the other in a place of their own. */
function twoStepsOf({ def, args, filter }: AggregateCall): { prepare(t: Tuple): void; take(state: unknown): unknown } {
  const add = def.add as (state: unknown, ...args: Value[]) => unknown;
  const check = def.check as ((...args: Value[]) => void) | undefined;
  const n = args.length;
  // the common ones first: one value in a variable of its own
  if (n === 1 && !filter) {
    const arg = args[0]!;
    let value: Value;
    return {
      prepare: check
        ? (t) => {
            value = arg(t);
            // what every aggregate of numbers takes is not asked about
            if (typeof value !== 'number') check(value);
          }
        : (t) => {
            value = arg(t);
          },
      take: (state) => add(state, value),
    };
  }
  const values: Value[] = new Array(n).fill(undefined);
  let counts = true;
  return {
    prepare(t) {
      counts = filter === undefined || filter(t) === true;
      if (!counts) return;
      for (let i = 0; i < n; i++) values[i] = args[i]!(t);
      if (check) n === 1 ? check(values[0]) : check(...values);
    },
    take: (state) => (counts ? (n === 1 ? add(state, values[0]) : add(state, ...values)) : state),
  };
}

/** One closure per call, by number of arguments, so that the common ones make no array per row. */
function foldOf({ def, args, filter }: AggregateCall): (state: unknown, t: Tuple) => unknown {
  const add = def.add as (state: unknown, ...args: Value[]) => unknown;
  const [a, b] = args;
  const fold: (state: unknown, t: Tuple) => unknown =
    args.length === 0
      ? (state) => add(state)
      : args.length === 1
        ? (state, t) => add(state, a!(t))
        : args.length === 2
          ? (state, t) => add(state, a!(t), b!(t))
          : (state, t) => add(state, ...args.map((arg) => arg(t)));
  return filter ? (state, t) => (filter(t) === true ? fold(state, t) : state) : fold;
}
