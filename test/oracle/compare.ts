// Runs what generate.ts draws in both engines and compares. DuckDB gets a whole batch in one statement; where that fails, one expression, then one
// row at a time, since its errors are those of the statement and ours are those of the row.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Row, Value } from '../../src/data/value.ts';
import type { SourceInfo } from '../../src/plan/index.ts';
import { startRule, stream } from '../helpers/program.ts';
import { aggregate, type Both, type Cell, COLUMNS, createRandom, expression, type OracleRow, type Random, randomRow } from './generate.ts';

export interface Difference {
  seed: number;
  what: string;
  ours: string;
  theirs: string;
  /** In both languages. */
  sql: readonly [string, string];
  row?: OracleRow;
}

export interface Tally {
  comparisons: number;
  /** Both engines said that it cannot be computed. */
  bothFail: number;
  /** Ours has an answer where DuckDB fails: what cannot be computed there decides nothing (`v = 10 OR l[0] > 1`). Listed, not counted as different. */
  oursDecides: number;
  differences: Difference[];
}

export const emptyTally = (): Tally => ({ comparisons: 0, bothFail: 0, oursDecides: 0, differences: [] });

const SCHEMA = COLUMNS.map((c) => ({ name: c.name, type: { kind: c.ours as 'bigint' } }));
const typed = (name: string): SourceInfo => stream(name, [...SCHEMA, { name: 'g', type: { kind: 'bigint' } }], { timestamp: 'g' });

const FAILED = Symbol('failed');
type Answer = Value | typeof FAILED;

const literal = (v: Cell): string =>
  v === null ? 'NULL' : typeof v === 'string' ? `'${v.replaceAll("'", "''")}'` : typeof v === 'number' ? `${v}::DOUBLE` : String(v);

/** One answer without DuckDB's rewriting, which moves constants over a comparison (`1000 <= 5 * i` becomes `200 <= i`, which has an answer where the
 *  product does not fit) and leaves out what cannot change the answer (`2 BETWEEN 5 * i AND 0`). Slow, so only asked where ours cannot be computed. */
async function asWritten(db: DuckDBConnection, e: Both, id: number): Promise<Answer> {
  await db.run("SET disabled_optimizers = 'expression_rewriter,statistics_propagation'");
  try {
    return asOurs((await db.runAndReadAll(`SELECT ${e.theirs} FROM d WHERE id = ${id}`)).getRows()[0]?.[0]);
  } catch {
    return FAILED;
  } finally {
    await db.run('RESET disabled_optimizers');
  }
}

/** Its answers as ours: NaN and infinities are null on the way out. */
const asOurs = (v: unknown): Value => (typeof v === 'number' && !Number.isFinite(v) ? null : (v as Value));

async function makeTable(
  db: DuckDBConnection,
  name: string,
  rows: readonly OracleRow[],
  more: (i: number) => string = () => '',
): Promise<void> {
  await db.run(
    `CREATE OR REPLACE TABLE ${name} (id INTEGER, ts BIGINT, g BIGINT, ${COLUMNS.map((c) => `${c.name} ${c.theirs}`).join(', ')})`,
  );
  const values = rows.map((row, i) => `(${i}, ${more(i) || `0, 0`}, ${COLUMNS.map((c) => literal(row[c.name]!)).join(', ')})`);
  await db.run(`INSERT INTO ${name} VALUES ${values.join(', ')}`);
}

async function column(db: DuckDBConnection, e: Both, rows: number): Promise<Answer[]> {
  try {
    const all = await db.runAndReadAll(`SELECT ${e.theirs} FROM d ORDER BY id`);
    return all.getRows().map((r) => asOurs(r[0]));
  } catch {
    // the statement fails as a whole: which rows?
    const out: Answer[] = [];
    for (let i = 0; i < rows; i++) {
      try {
        out.push(asOurs((await db.runAndReadAll(`SELECT ${e.theirs} FROM d WHERE id = ${i}`)).getRows()[0]![0]));
      } catch {
        out.push(FAILED);
      }
    }
    return out;
  }
}

async function columns(db: DuckDBConnection, all: readonly Both[], rows: number): Promise<Answer[][]> {
  try {
    const read = await db.runAndReadAll(`SELECT ${all.map((e) => e.theirs).join(', ')} FROM d ORDER BY id`);
    const table = read.getRows();
    return all.map((_, k) => table.map((r) => asOurs(r[k])));
  } catch {
    const out: Answer[][] = [];
    for (const e of all) out.push(await column(db, e, rows));
    return out;
  }
}

function ours(e: Both, rows: readonly OracleRow[]): Answer[] {
  const rule = startRule(`SELECT ${e.ours} AS r FROM demo`, { sources: [typed('demo')], sqlCompatibility: 'standard', sendNilField: true });
  for (const row of rows) rule.push('demo', row as Row);
  return rule.results.map((r) => ('$error' in r ? FAILED : (r[0]!['r'] ?? null)));
}

const show = (v: Answer): string =>
  v === FAILED ? 'cannot be computed' : (JSON.stringify(v, (_k, x: unknown) => (typeof x === 'bigint' ? `${x}n` : x)) ?? 'undefined');

/** @param relative floats may differ by so much: sums in another order */
export function equal(a: Answer, b: Answer, relative: number): boolean {
  if (a === FAILED || b === FAILED) return a === b;
  if (a == null || b == null) return a == null && b == null;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a === b;
  if ((typeof a === 'number' || typeof a === 'bigint') && (typeof b === 'number' || typeof b === 'bigint')) {
    const x = Number(a);
    const y = Number(b);
    return x === y || Math.abs(x - y) <= relative * Math.max(Math.abs(x), Math.abs(y), 1e-300);
  }
  return a === b;
}

/** Scalars: arithmetic, CASE, coalesce, text, comparisons, three-valued logic, each over all rows of the batch. */
async function scalars(db: DuckDBConnection, r: Random, seed: number, tally: Tally): Promise<void> {
  const rows = Array.from({ length: 25 }, () => randomRow(r));
  await makeTable(db, 'd', rows);
  const all = Array.from({ length: 20 }, () => expression(r, r.pick(['int', 'float', 'text', 'bool', 'bool'] as const), 1 + r.int(4)));
  const theirs = await columns(db, all, rows.length);
  for (const [k, e] of all.entries()) {
    const mine = ours(e, rows);
    for (const [i, row] of rows.entries()) {
      tally.comparisons++;
      const a = mine[i]!;
      let b: Answer = theirs[k]![i]!;
      if (a === FAILED && b !== FAILED) b = await asWritten(db, e, i);
      if (a === FAILED && b === FAILED) tally.bothFail++;
      else if (b === FAILED) tally.oursDecides++;
      else if (!equal(a, b, 1e-12))
        tally.differences.push({ seed, what: 'scalar', ours: show(a), theirs: show(b), sql: [e.ours, e.theirs], row });
    }
  }
}

/** WHERE: which rows pass. */
async function filters(db: DuckDBConnection, r: Random, seed: number, tally: Tally): Promise<void> {
  const rows = Array.from({ length: 25 }, () => randomRow(r));
  await makeTable(db, 'd', rows);
  const all = Array.from({ length: 10 }, () => expression(r, 'bool', 2 + r.int(3)));
  const theirs = await columns(db, all, rows.length);
  for (const [k, e] of all.entries()) {
    const rule = startRule(`SELECT g FROM demo WHERE ${e.ours}`, { sources: [typed('demo')], sqlCompatibility: 'standard' });
    for (const [i, row] of rows.entries()) rule.push('demo', { ...row, g: BigInt(i) } as Row);
    const passed = new Set(rule.results.flatMap((x) => ('$error' in x ? [] : x.map((o) => Number(o['g'])))));
    for (const [i, row] of rows.entries()) {
      tally.comparisons++;
      let b: Answer = theirs[k]![i]!;
      if (b === true && !passed.has(i)) b = await asWritten(db, e, i);
      const should = b === true;
      if (b === FAILED) {
        if (passed.has(i)) tally.oursDecides++;
        else tally.bothFail++;
      } else if (passed.has(i) !== should)
        tally.differences.push({ seed, what: 'where', ours: String(passed.has(i)), theirs: show(b), sql: [e.ours, e.theirs], row });
    }
  }
}

/** Aggregates by group and window of event time. */
async function windows(db: DuckDBConnection, r: Random, seed: number, tally: Tally): Promise<void> {
  const rows = Array.from({ length: 40 }, () => randomRow(r));
  let at = 1_000_000_000;
  const stamps = rows.map(() => (at += r.int(1500)));
  const groups = rows.map(() => r.int(3));
  await makeTable(db, 'd', rows, (i) => `${stamps[i]}, ${groups[i]}`);
  const largest = Math.max(...rows.flatMap((row) => Object.values(row).map((v) => (typeof v === 'bigint' ? Math.abs(Number(v)) : 0))));
  for (let n = 0; n < 8; n++) {
    const e = aggregate(r, r.int(3));
    const where = r.int(3) === 0 ? expression(r, 'bool', 1 + r.int(2)) : undefined;
    let theirs: Map<string, Value>;
    try {
      const read = await db.runAndReadAll(
        `SELECT (ts // 10000 + 1) * 10000, g, ${e.theirs} FROM d${where ? ` WHERE ${where.theirs}` : ''} GROUP BY 1, 2`,
      );
      theirs = new Map(read.getRows().map((x) => [`${x[0]}/${x[1]}`, asOurs(x[2])]));
    } catch {
      // its statement fails for one row of all: that is compared by `scalars`
      tally.bothFail++;
      continue;
    }
    for (const incrementalWindow of ['auto', 'off'] as const) {
      const rule = startRule(
        `SELECT window_end() AS w, g, ${e.ours} AS r FROM demo${where ? ` WHERE ${where.ours}` : ''} GROUP BY g, TUMBLINGWINDOW(ss, 10)`,
        {
          sources: [typed('demo')],
          sqlCompatibility: 'standard',
          sendNilField: true,
          isEventTime: true,
          lateToleranceMs: 0,
          incrementalWindow,
        },
      );
      for (const [i, row] of rows.entries()) rule.push('demo', { ...row, g: BigInt(groups[i]!) } as Row, { tsMs: stamps[i]! });
      rule.push('demo', { g: 99n } as Row, { tsMs: at + 60_000 });
      const mine = new Map<string, Value>();
      for (const result of rule.results) if (!('$error' in result)) for (const x of result) mine.set(`${x['w']}/${x['g']}`, x['r']);
      const failures = rule.results.filter((x) => '$error' in x).length;
      for (const key of new Set([...theirs.keys(), ...mine.keys()])) {
        tally.comparisons++;
        const a = mine.has(key) ? (mine.get(key) ?? null) : undefined;
        const b = theirs.has(key) ? (theirs.get(key) ?? null) : undefined;
        // a sum beyond int64: theirs is wider, ours an error of the group
        if (a === undefined && typeof b === 'bigint' && BigInt.asIntN(64, b) !== b && failures > 0) {
          tally.bothFail++;
          continue;
        }
        // integers in a place that could also hold a float are floats there, and lose their last digits: ours adds them as they are
        if (typeof a !== 'string' && a != null && typeof b === 'number' && Math.abs(Number(a) - b) <= 1e-15 * largest) {
          if (Number(a) !== b) tally.oursDecides++;
          continue;
        }
        if ((a === undefined) !== (b === undefined) || !equal(a, b, 1e-9))
          tally.differences.push({
            seed,
            what: `window ${key} ${incrementalWindow}`,
            ours: a === undefined ? `no group${failures ? `, ${failures} failures` : ''}` : show(a),
            theirs: b === undefined ? 'no group' : show(b),
            sql: [`${e.ours} WHERE ${where?.ours}`, `${e.theirs} WHERE ${where?.theirs}`],
          });
      }
    }
  }
}

/** Joins of two streams within a window. */
async function joins(db: DuckDBConnection, r: Random, seed: number, tally: Tally): Promise<void> {
  const left = Array.from({ length: 8 }, () => randomRow(r));
  const right = Array.from({ length: 8 }, () => randomRow(r));
  await makeTable(db, 'l', left);
  await makeTable(db, 'r', right);
  for (let n = 0; n < 4; n++) {
    const type = r.pick(['INNER', 'LEFT', 'RIGHT', 'FULL']);
    const parts = Array.from({ length: 1 + r.int(2) }, () =>
      r.pick(['l.i = r.i', 'l.s = r.s', 'l.x < r.y', 'l.p = r.q', 'l.j != r.j', 'l.i = r.j', 'l.i > r.x']),
    );
    const on = parts.join(r.pick([' AND ', ' OR ']));
    const read = await db.runAndReadAll(`SELECT l.id, r.id FROM l ${type} JOIN r ON ${on}`);
    const theirs = read.getRows().map((x) => `${x[0] ?? '-'}/${x[1] ?? '-'}`);
    const rule = startRule(`SELECT l.g AS a, r.g AS b FROM l ${type} JOIN r ON ${on} GROUP BY TUMBLINGWINDOW(ss, 10)`, {
      sources: [typed('l'), typed('r')],
      sqlCompatibility: 'standard',
    });
    for (const [i, row] of left.entries()) rule.push('l', { ...row, g: BigInt(i) } as Row);
    for (const [i, row] of right.entries()) rule.push('r', { ...row, g: BigInt(i) } as Row);
    await rule.clock.advance(10_000);
    const mine = rule.results.flatMap((x) => ('$error' in x ? [x.$error] : x.map((o) => `${o['a'] ?? '-'}/${o['b'] ?? '-'}`)));
    tally.comparisons += Math.max(theirs.length, mine.length, 1);
    if (mine.sort().join() !== theirs.sort().join())
      tally.differences.push({ seed, what: `${type} JOIN`, ours: mine.join(' '), theirs: theirs.join(' '), sql: [on, on] });
  }
}

/** One batch: some 500 scalars, 250 conditions, 150 groups and 30 joined rows.
 *  @param seed the same seed gives the same batch for ever */
export async function runBatch(db: DuckDBConnection, seed: number, tally: Tally): Promise<void> {
  const r = createRandom(seed);
  await scalars(db, r, seed, tally);
  await filters(db, r, seed, tally);
  await windows(db, r, seed, tally);
  await joins(db, r, seed, tally);
}

export async function openOracle(): Promise<{ db: DuckDBConnection; version: string; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const db = await instance.connect();
  const version = String((await db.runAndReadAll('SELECT version()')).getRows()[0]![0]);
  return {
    db,
    version,
    close() {
      db.closeSync();
      instance.closeSync();
    },
  };
}
