// Join with a lookup table: asks the table for the rows of each key. Answers may come later; results keep the order of the rows, and only
// so many lookups are under way at once. A row whose message waits for its acknowledgement holds it until its result is sent on.
import { reserve, spend } from '../base/budget.ts';
import { Tuple } from '../data/tuple.ts';
import type { Row, Value } from '../data/value.ts';
import { operatorError } from './errors.ts';
import type { Collection, Debt, Downstream, LookupJoinSpec, LookupTable, Operator, OperatorStats, ProgramHost } from './operator.ts';
import type { HeldSpan } from './traced.ts';

const MAX_IN_FLIGHT = 16;
const none: Debt = [];

/** A row or collection whose lookups are not all answered, or that stands behind one. */
interface Waiting {
  c: Collection;
  /** Answers by row; undefined = not there yet. */
  found: (readonly Row[] | undefined)[];
  missing: number;
  /** Rows whose lookup has not begun. */
  nextRow: number;
  failure: unknown;
  debt: Debt;
  /** Of a rule that is traced: the lookup's span, which ends with its answer. */
  span: HeldSpan | undefined;
}

export function createLookupJoin(spec: LookupJoinSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const { type, fields, keys, values, columns, star, present, width } = spec;
  const maxInFlight = spec.maxInFlight ?? MAX_IN_FLIGHT;
  let table: LookupTable | undefined;
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let closed = false;

  /** @returns found rows, [] for a null key, or a promise */
  const ask = (t: Tuple): readonly Row[] | Promise<readonly Row[]> => {
    const wanted: Value[] = new Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const v = values[i]!(t);
      if (v === undefined || v === null) return [];
      wanted[i] = v;
    }
    table ??= host.lookupTable(spec.table);
    return table.lookup(fields, keys, wanted);
  };
  const joined = (t: Tuple, row: Row | undefined, c: Collection): Tuple => {
    spend(4);
    reserve(96 + width * 8);
    const cols = t.cols.slice();
    while (cols.length < width) cols.push(undefined);
    if (row) {
      for (const { column, slot } of columns) cols[slot] = Object.hasOwn(row, column) ? row[column] : undefined;
      if (star !== undefined) cols[star] = row;
      if (present !== undefined) cols[present] = true;
    }
    return new Tuple(cols, t.tsMs, t.meta, t.ack, c.win);
  };
  const fail = (error: unknown): void => host.exception(stats, operatorError('run Lookup error: ', error));
  const finish = (c: Collection, found: readonly (readonly Row[] | undefined)[]): void => {
    const out: Tuple[] = [];
    c.rows.forEach((t, i) => {
      const rows = found[i]!;
      if (rows.length === 0 && type === 'left') out.push(joined(t, undefined, c));
      for (const row of rows) out.push(joined(t, row, c));
    });
    if (out.length === 0) return;
    stats.recordsOut++;
    next.rows({ rows: out, win: c.win });
  };

  const send = (w: Waiting): void => {
    if (w.failure !== undefined) fail(w.failure);
    else finish(w.c, w.found);
  };
  /** Sends what is complete, in order. */
  const flush = (): void => {
    while (waiting.length > 0 && waiting[0]!.missing === 0) {
      const w = waiting.shift()!;
      stats.bufferLength = waiting.length;
      host.resume(w.debt);
      try {
        if (host.trace) host.trace.resume(w.span, () => send(w));
        else send(w);
      } finally {
        for (const t of w.c.rows) t.ack?.release();
        host.end(w.debt);
      }
    }
  };
  const answer = (w: Waiting, i: number, rows: readonly Row[]): void => {
    w.found[i] = rows;
    w.missing--;
  };
  const begin = (w: Waiting, i: number): void => {
    let result: readonly Row[] | Promise<readonly Row[]>;
    try {
      result = ask(w.c.rows[i]!);
    } catch (error) {
      w.failure ??= error;
      answer(w, i, []);
      return;
    }
    if (!isPromise(result)) {
      answer(w, i, result);
      return;
    }
    inFlight++;
    const done = (): void => {
      inFlight--;
      if (closed) return;
      pump();
      flush();
    };
    result.then(
      (rows) => {
        answer(w, i, rows);
        done();
      },
      (error: unknown) => {
        w.failure ??= error;
        answer(w, i, []);
        done();
      },
    );
  };
  /** Begins lookups of waiting rows, oldest first, as far as allowed. */
  const pump = (): void => {
    for (const w of waiting)
      while (w.nextRow < w.c.rows.length) {
        if (inFlight >= maxInFlight) return;
        begin(w, w.nextRow++);
      }
  };

  const rows = (c: Collection): void => {
    stats.recordsIn++;
    const { length } = c.rows;
    const w: Waiting = { c, found: new Array(length), missing: length, nextRow: 0, failure: undefined, debt: none, span: undefined };
    if (waiting.length === 0) {
      // answered at once (cache, memory): nothing waits and nothing is held
      while (w.nextRow < c.rows.length && inFlight === 0) begin(w, w.nextRow++);
      if (w.missing === 0) {
        send(w);
        return;
      }
    }
    for (const t of c.rows) t.ack?.retain();
    w.debt = host.begin();
    w.span = host.trace?.hold();
    waiting.push(w);
    stats.bufferLength = waiting.length;
    pump();
    flush();
  };

  return {
    stats,
    rows,
    row: (t) => rows({ rows: [t], win: t.win }),
    close(again = false) {
      closed = true;
      const left = waiting;
      waiting = [];
      stats.bufferLength = 0;
      // what the peer gives out again is not confirmed, and no checkpoint without it is stored
      if (again || left.length === 0) return;
      for (const w of left) {
        w.failure = new Error('the rule ended before the table answered');
        if (host.trace) host.trace.resume(w.span, () => send(w));
        else send(w);
        for (const t of w.c.rows) t.ack?.release();
        host.end(w.debt);
      }
    },
  };
}

function isPromise(v: readonly Row[] | Promise<readonly Row[]>): v is Promise<readonly Row[]> {
  return typeof (v as { then?: unknown }).then === 'function';
}
