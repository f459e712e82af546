// The select list: makes output rows and hands them to the sinks. Keys come in alphabetical order, because eKuiper writes them so and
// the encoder then has nothing to sort. Made by compile/chain.ts; next: the runtime's sink nodes.
import { reserveMembers } from '../base/budget.ts';
import type { Expr } from '../contract/function.ts';
import type { Ack } from '../data/ack.ts';
import { ekuiperMeta } from '../data/ekuiper-meta.ts';
import { addToGroupKey } from '../data/group-key.ts';
import { setMember } from '../data/set-member.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Row, Value, ValueObject } from '../data/value.ts';
import { operatorError } from './errors.ts';
import { type FailedRows, failureTeller } from './failed-rows.ts';
import type { Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import type { SharedRowsRegistry } from './shared-rows.ts';
import type { ClosureState } from './stateful.ts';

export interface OutputColumn {
  name: string;
  value: Expr;
  /** What becomes of null: `keep-null` leaves out only absent fields, `always` writes null for those too, `never` leaves out both. */
  nulls: 'keep-null' | 'always' | 'never';
}

export interface ProjectSpec {
  /** Sorted by name; evaluated in this order. */
  columns: readonly OutputColumn[];
  /** Evaluated for errors and effects, not sent (INVISIBLE aliases). */
  hidden: readonly Expr[];
  /** Whole objects that are spread first; later ones do not overwrite earlier ones. Empty = no `*`. */
  spreadFirst: readonly Expr[];
  except: ReadonlySet<string>;
  /** Objects whose members become columns (changed_cols). */
  spread: readonly Expr[];
  limit: number | undefined;
  /** Of equal rows of a collection the first is sent; `limit` counts those that are. Standard SQL only. */
  distinct?: boolean;
  sendMeta: boolean;
  /** Set when project-set follows: it emits instead. */
  next: Emitter;
  state: ClosureState;
  /** Set for standard SQL: a row of a collection that fails is left out alone, and NaN and infinities are sent as null. */
  failed?: FailedRows | undefined;
  /** Set when a row depends on nothing but the tuple of the source: rules with the same key share it. */
  shared?: { readonly registry: SharedRowsRegistry; readonly key: string } | undefined;
}

/** Takes finished rows. */
export interface Emitter {
  /** @param single true for a streaming row */
  emit(rows: Row[], first: Tuple | undefined, tsMs: number, single: boolean): void;
}

/** True for project-set, the one operator that takes finished rows. */
export const isEmitter = (op: object): op is Emitter => 'emit' in op;

const PREFIX = 'run Select error: ';
const noAcks: readonly Ack[] = [];

/** The last emitter: results go to the sinks of the rule. */
export function sinkEmitter(host: ProgramHost): Emitter {
  return {
    emit(rows, first, tsMs, single) {
      // rows of a window have no handle: the runtime holds their messages until the next checkpoint. Rows of a join without window stem
      // from one message.
      host.emit({ rows, acks: first?.ack && (single || first.win === undefined) ? [first.ack] : noAcks, meta: first?.meta, tsMs });
    },
  };
}

/**
 * Rules with the same select list of plain columns make the same row of a message. The first of them makes it and the others give out the same
 * object, which the encoder then writes once (codecs/json/encode.ts); the code that makes it is one closure, which stays warm. Rows are never
 * changed once they are given out, nor are the tuples of sources.
 */
export class SharedRows {
  private readonly build: (t: Tuple) => Row;
  private users = 0;
  private tuple: Tuple | undefined;
  private row: Row = {};

  constructor(build: (t: Tuple) => Row) {
    this.build = build;
  }

  /** A rule more gives out these rows. */
  join(): void {
    this.users++;
  }

  readonly rowOf = (t: Tuple): Row => {
    // alone: nothing is held beyond the call
    if (this.users < 2) return this.build(t);
    if (t !== this.tuple) {
      this.tuple = t;
      this.row = this.build(t);
    }
    return this.row;
  };
}

export function createProject(spec: ProjectSpec, host: ProgramHost, stats: OperatorStats): Operator {
  const { limit, next, state, shared } = spec;
  const build = shared ? shared.registry.get(shared.key, () => createRowBuilder(spec)).rowOf : createRowBuilder(spec);
  state.countIn(stats);
  const tell = spec.failed && failureTeller(spec.failed, PREFIX, host, stats);
  const buildGood = (c: Collection, most: number): Row[] => {
    const rows: Row[] = [];
    const seen = spec.distinct ? new Set<string>() : undefined;
    for (const t of c.rows) {
      if (rows.length === most) break;
      try {
        const row = build(t);
        if (seen && !isNew(row, seen)) continue;
        rows.push(row);
      } catch (error) {
        tell!(error, t);
      }
    }
    return rows;
  };
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      // LIMIT 0 sends nothing; any other limit is at least the one row
      if (limit === 0) return;
      let row: Row;
      try {
        row = build(t);
      } catch (error) {
        if (tell) tell(error, t);
        else host.exception(stats, operatorError(PREFIX, error));
        return;
      }
      stats.recordsOut++;
      next.emit([row], t, t.tsMs, true);
    },
    rows(c) {
      stats.recordsIn++;
      const count = limit === undefined || limit < 0 ? c.rows.length : Math.min(limit, c.rows.length);
      let rows: Row[];
      try {
        if (tell) rows = buildGood(c, count);
        else {
          rows = new Array(count);
          for (let i = 0; i < count; i++) rows[i] = build(c.rows[i]!);
        }
      } catch (error) {
        host.exception(stats, operatorError(PREFIX, error));
        return;
      }
      if (tell && rows.length === 0 && count > 0) return;
      stats.recordsOut++;
      const first = c.rows[0];
      next.emit(rows, first, c.win?.endMs ?? first?.tsMs ?? host.clock.now(), false);
    },
    ...(state.size > 0 && { save: state.save, load: state.load }),
  };
}

/** @returns makes one output row; throws what an expression throws */
export function createRowBuilder(spec: ProjectSpec): (t: Tuple) => Row {
  const { columns, hidden, spreadFirst, except, spread } = spec;
  const names = columns.map((c) => c.name);
  const values = columns.map((c) => c.value);
  const nulls = columns.map((c) => c.nulls);
  const n = columns.length;
  const special = names.includes('__proto__');
  const finite = spec.failed !== undefined;

  const fill = (row: Row, t: Tuple): void => {
    for (let i = 0; i < n; i++) {
      let v = values[i]!(t);
      // x - x is 0 for every finite number and NaN for all others
      if (finite && typeof v === 'number' && v - v !== 0) v = null;
      if (v === undefined || v === null) {
        const rule = nulls[i]!;
        if (rule === 'never' || (rule === 'keep-null' && v === undefined)) continue;
        put(row, names[i]!, null);
      } else put(row, names[i]!, v);
    }
  };
  const put = special
    ? setMember
    : (row: Row, name: string, v: Value): void => {
        row[name] = v;
      };

  const plain = spreadFirst.length === 0 && spread.length === 0 && hidden.length === 0 && !spec.sendMeta;
  if (plain)
    return (t) => {
      const row: Row = {};
      fill(row, t);
      return row;
    };

  // `SELECT *` alone: the decoded object itself, which nobody changes
  if (spreadFirst.length === 1 && n === 0 && spread.length === 0 && hidden.length === 0 && except.size === 0 && !spec.sendMeta) {
    const all = spreadFirst[0]!;
    return (t) => (all(t) ?? {}) as Row;
  }
  return (t) => {
    const row: Row = {};
    for (let i = spreadFirst.length - 1; i >= 0; i--) spreadInto(row, spreadFirst[i]!(t), except);
    for (const s of spread) spreadInto(row, s(t), undefined);
    fill(row, t);
    for (const h of hidden) h(t);
    if (spec.sendMeta && t.meta) row['__meta'] = spec.failed ? { ...t.meta } : { ...ekuiperMeta(t.meta) };
    return row;
  };
}

function isNew(row: Row, seen: Set<string>): boolean {
  let key = '';
  for (const name of Object.keys(row).sort()) key = addToGroupKey(`${key}${name.length}:${name}`, row[name]);
  const before = seen.size;
  return seen.add(key).size > before;
}

function spreadInto(row: Row, v: Value, except: ReadonlySet<string> | undefined): void {
  if (typeof v !== 'object' || v === null) return;
  const object = v as ValueObject;
  const keys = Object.keys(object);
  if (keys.length > 64) reserveMembers(keys.length);
  for (const key of keys) if (!except?.has(key)) setMember(row, key, object[key]);
}

export type { Downstream };
