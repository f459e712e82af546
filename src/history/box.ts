// The historian: what rows bring is gathered for a moment and written in one transaction, so that a card is written to once a second and not once
// a row. Made by index.ts when somebody needs it. Statements: tables.ts; removal of what is old: retention.ts; reading: read.ts, query.ts.
import type { Clock, TimerHandle } from '../base/clock.ts';
import { ioError, messageOf, rowError } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import type { HistoryRow, HistoryState, StoredValue } from '../contract/history.ts';
import type { Database, RawDatabase, Statement } from '../store/index.ts';
import { type Name, Names } from './names.ts';
import { Retention } from './retention.ts';
import { type Exact, exactValue, MINUTE_MS, putLate, putMark, putNames, putRecent, sortIn, storedValue, tables } from './tables.ts';

export interface HistorySettings {
  maxBytes: number;
  keepValuesMs: number;
  keepMinutesMs: number;
  keepHoursMs: number;
  /** Longest time that a row waits for others before it is written. */
  flushMs: number;
  /** Fields of all series together. */
  maxNames: number;
}

/** Values go to their place by series at whole steps of this. */
export const STEP_MS = 10 * MINUTE_MS;
/** Rows of the step before that come so late are no work of their own. */
const GRACE_MS = MINUTE_MS;
/** Values in one transaction: its JSON is some hundred kilobytes. */
const MAX_BATCH = 10_000;

interface Batch {
  recent: string[];
  late: string[];
  names: Name[];
  last: [Name, number, StoredValue][];
  done: PromiseWithResolvers<void>;
}

export class Box {
  readonly names: Names;
  readonly marks = new Map<string, number>();
  /** Minutes and hours hold all that is older. */
  sortedMs = 0;
  problem = '';
  private readonly db: Database;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly settings: HistorySettings;
  private readonly retention: Retention;
  private batch: Batch | undefined;
  private timer: TimerHandle | undefined;
  private minute: TimerHandle | undefined;
  private writing: Promise<void> = Promise.resolve();
  private opened = false;

  constructor(o: {
    store(opened: (raw: RawDatabase) => Promise<void>): { database: Database };
    clock: Clock;
    log: Log;
    settings: HistorySettings;
  }) {
    this.clock = o.clock;
    this.log = o.log;
    this.settings = o.settings;
    this.names = new Names(o.settings.maxNames);
    this.db = o.store(async () => {
      // a damaged file was put aside in the middle: the new one knows no names
      if (this.opened) this.names.forgetStored();
    }).database;
    this.retention = new Retention({ db: this.db, clock: o.clock, log: o.log, settings: o.settings, box: this });
  }

  /** @throws ioError */
  async open(): Promise<void> {
    try {
      const rows = await this.db.read<{ what: string; value: number }>('SELECT what, value FROM marks', []);
      for (const { what, value } of rows) this.marks.set(what, value);
      this.sortedMs = this.mark('moved');
      const used = tables.map((t) => `EXISTS (SELECT 1 FROM ${t} WHERE name = names.id)`).join(' OR ');
      await this.db.write([{ sql: `DELETE FROM names WHERE NOT (${used})`, params: [] }]);
      this.names.load(await this.db.read('SELECT id, series, field FROM names', []));
      await this.loadLast();
      this.opened = true;
      await this.retention.measure();
    } catch (error) {
      throw ioError(`history: ${messageOf(error)}`, error);
    }
    this.arm();
  }

  /** @returns resolves when it is on disk  @throws rowError */
  append({ series, atMs, nth, values }: HistoryRow): Promise<void> {
    if (!Number.isSafeInteger(atMs) || atMs < 0) throw rowError(`history: ${atMs} is not a time stamp in ms since 1970`, 'VALUE_REFUSED');
    const from = this.mark('rawFrom');
    if (atMs < from)
      throw rowError(
        `history: the row is of ${new Date(atMs).toISOString()}; values are kept from ${new Date(from).toISOString()} on`,
        'VALUE_REFUSED',
      );
    if (values.length === 0) throw rowError('history: a row without a column that has a value cannot be stored', 'VALUE_REFUSED');
    // all of the row, or nothing of it
    const points = values.map(([field, value]) => [this.names.get(series, field), value, jsonOf(value)] as const);
    const batch = (this.batch ??= this.begin());
    const place = atMs < this.mark('moved') ? batch.late : batch.recent;
    for (const [name, value, text] of points) {
      if (!name.stored) batch.names.push(name);
      place.push(`[${name.id},${atMs},${nth},${text}]`);
      batch.last.push([name, atMs, typeof value === 'boolean' ? BigInt(value) : value]);
    }
    if (batch.recent.length + batch.late.length >= MAX_BATCH) this.flush();
    return batch.done.promise;
  }

  mark(what: string): number {
    return this.marks.get(what) ?? 0;
  }

  /** @returns false when there is no such series */
  async remove(series: string): Promise<boolean> {
    const names = this.names.of(series);
    if (!names) return false;
    this.flush();
    await this.writing;
    const ids = JSON.stringify(names.map((n) => n.id));
    await this.write([
      ...tables.map((t) => ({ sql: `DELETE FROM ${t} WHERE name IN (SELECT value FROM json_each(?))`, params: [ids] })),
      { sql: 'DELETE FROM names WHERE id IN (SELECT value FROM json_each(?))', params: [ids] },
    ]);
    this.names.remove(series);
    return true;
  }

  state(): HistoryState {
    const count = (kind: string) => ({
      values: this.mark(`${kind}.raw`) + this.mark(`${kind}.recent`),
      minutes: this.mark(`${kind}.minutes`),
      hours: this.mark(`${kind}.hours`),
    });
    return {
      usedBytes: this.retention.usedBytes,
      maxBytes: this.settings.maxBytes,
      valuesFromMs: this.mark('rawFrom'),
      minutesFromMs: this.mark('minutesFrom'),
      hoursFromMs: this.mark('hoursFrom'),
      expired: count('expired'),
      discarded: count('discarded'),
      problem: this.problem,
    };
  }

  async close(): Promise<void> {
    this.clock.clear(this.minute);
    this.opened = false;
    this.flush();
    await this.writing;
  }

  /** @throws ioError */
  async write(unit: readonly Statement[], needed = false): Promise<void> {
    try {
      await this.db.write(unit, { needed });
    } catch (error) {
      throw ioError(`history: ${messageOf(error)}`, error);
    }
  }

  private begin(): Batch {
    const done = Promise.withResolvers<void>();
    // a sink that was closed meanwhile no longer listens
    done.promise.catch(() => undefined);
    this.timer = this.clock.setTimer(this.settings.flushMs, () => this.flush());
    return { recent: [], late: [], names: [], last: [], done };
  }

  /** Sends what waits on its way. */
  flush(): void {
    const batch = this.batch;
    if (!batch) return;
    this.clock.clear(this.timer);
    this.batch = undefined;
    const unit: Statement[] = [];
    if (batch.names.length) unit.push({ sql: putNames, params: [JSON.stringify(batch.names.map((n) => [n.id, n.series, n.field]))] });
    if (batch.recent.length) unit.push({ sql: putRecent, params: [`[${batch.recent.join(',')}]`] });
    if (batch.late.length) {
      const list = `[${batch.late.join(',')}]`;
      unit.push(...putLate.map((sql) => ({ sql, params: [list] })));
    }
    this.writing = this.write(unit).then(
      () => {
        for (const name of batch.names) name.stored = true;
        for (const [name, atMs, value] of batch.last) if (!name.last || name.last.atMs <= atMs) name.last = { atMs, value };
        batch.done.resolve();
      },
      (error: unknown) => batch.done.reject(error as Error),
    );
  }

  private arm(): void {
    this.minute = this.clock.setTimer(MINUTE_MS, () => {
      void this.everyMinute().finally(() => {
        if (this.opened) this.arm();
      });
    });
  }

  /** What is to be done now and then. Never rejects. */
  async everyMinute(): Promise<void> {
    try {
      await this.sortIn();
      await this.retention.run();
      this.problem = '';
    } catch (error) {
      const text = messageOf(error);
      if (text !== this.problem) this.log.error({ cause: text }, 'The historian could not be put in order; it is tried again each minute.');
      this.problem = text;
    }
  }

  private async sortIn(): Promise<void> {
    const now = this.clock.now();
    const wholeStep = (ms: number) => ms - (ms % STEP_MS);
    const moved = this.mark('moved');
    // the clock was far ahead: what comes now would count as late for as long
    if (moved > now + STEP_MS) {
      this.marks.set('moved', wholeStep(now));
      this.sortedMs = Math.min(this.sortedMs, wholeStep(now));
      return;
    }
    const next = wholeStep(now - GRACE_MS);
    if (next <= moved) return;
    // what waits is told apart by the mark before
    this.flush();
    this.marks.set('moved', next);
    await this.write([...sortIn.map((sql) => ({ sql, params: [next] })), { sql: putMark, params: ['moved', next] }]).catch(
      (error: unknown) => {
        this.marks.set('moved', moved);
        throw error;
      },
    );
    this.sortedMs = next;
  }

  private async loadLast(): Promise<void> {
    const found = new Map<number, StoredAt>();
    const keep = (rows: readonly StoredAt[]) => {
      for (const r of rows) found.set(r.name, r);
    };
    keep(await this.db.read<StoredAt>(`SELECT name, max(at) AS at, ${exactValue} FROM recent GROUP BY name`, []));
    const missing = JSON.stringify([...this.names.all()].filter((n) => !found.has(n.id)).map((n) => n.id));
    keep(
      await this.db.read<StoredAt>(
        `SELECT name, at, ${exactValue} FROM raw r WHERE name IN (SELECT value FROM json_each(?)) AND at = (SELECT max(at) FROM raw WHERE name = r.name)`,
        [missing],
      ),
    );
    for (const name of this.names.all()) {
      const last = found.get(name.id);
      if (last) name.last = { atMs: last.at, value: storedValue(last) };
    }
  }
}

interface StoredAt extends Exact {
  name: number;
  at: number;
}

/** @throws rowError for what SQLite's numbers do not hold */
function jsonOf(value: StoredValue): string {
  switch (typeof value) {
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw rowError(`history: ${value} is not an int64`, 'VALUE_REFUSED');
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw rowError(`history: ${value} cannot be stored`, 'VALUE_REFUSED');
      // a float stays one: 20 would be read as an integer
      return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
    default:
      return JSON.stringify(value);
  }
}
