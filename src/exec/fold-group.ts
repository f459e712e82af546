// Folding of rows into groups: key of a row, accumulators of its group, and the output row of a group. One place for both forms of
// aggregation: over a collection of rows (aggregate.ts) and row by row as they come (fold-store.ts), so that both give the same answer.
import { inFunction } from '../base/budget.ts';
import { formatV } from '../data/go-format.ts';
import { Tuple, type WindowRange } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { operatorError } from './errors.ts';
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
  /** Folds a row into its group. @throws what an argument or a fold throws, as `run Select error` */
  add(group: Group, t: Tuple): void;
  /** Output row of a group. @throws what a result throws */
  result(group: Group, win: WindowRange | undefined): Tuple;
  /** The one row of an empty window without GROUP BY; undefined with dimensions. */
  empty(win: WindowRange | undefined): Tuple | undefined;
}

export function createFolder(spec: AggregateSpec): Folder {
  const { dims, width, base } = spec;
  // functions of the rule's whole life fold nothing: their operator asks them per result row
  const calls = spec.calls.filter((c) => c.def.hit === undefined);
  const folds = calls.map(foldOf);
  const n = calls.length;

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
  return {
    keyOf: keyOf(spec),
    newGroup: (key, first) => ({ key, first, states: initial() }),
    add(group, t) {
      const { states } = group;
      for (let i = 0; i < n; i++) {
        try {
          states[i] = folds[i]!(states[i], t);
        } catch (error) {
          throw operatorError(`run Select error: expr: ${calls[i]!.site.name} meet error, err:`, inFunction(error, calls[i]!.site.name));
        }
      }
    },
    result(group, win) {
      const { first } = group;
      const cols: Value[] = base === undefined ? first.cols.slice() : first.cols.slice(0, base);
      while (cols.length < width) cols.push(undefined);
      fill(cols, group.states);
      return new Tuple(cols, win ? win.endMs : first.tsMs, first.meta, win ? undefined : first.ack, win);
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
function keyOf({ dims }: AggregateSpec): (t: Tuple) => string {
  const fail = (error: unknown): never => {
    throw operatorError('run Group By error: ', error);
  };
  if (dims.length === 0) return () => '';
  const first = dims[0]!;
  if (dims.length === 1)
    return (t) => {
      try {
        const v = first(t);
        return typeof v === 'string' ? v : formatV(v);
      } catch (error) {
        return fail(error);
      }
    };
  return (t) => {
    try {
      let key = '';
      for (let i = 0; i < dims.length; i++) {
        const v = dims[i]!(t);
        key += typeof v === 'string' ? v : formatV(v);
        key += SEPARATOR;
      }
      return key;
    } catch (error) {
      return fail(error);
    }
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
