// Removal of what is old, and of the oldest when the file is at its bound. Everything removed is counted; values go when their minutes are there.
// Owned by box.ts, which calls `run` each minute.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { sizeText } from '../base/size-text.ts';
import type { Database } from '../store/index.ts';
import type { Box, HistorySettings } from './box.ts';
import { addCount, HOUR_MS, MINUTE_MS, putMark, removeOld } from './tables.ts';

/** Removal by age waits until the clock has run evenly for so long: a clock that is wrong for a while must not remove years. */
const STEADY_MS = HOUR_MS;
const JUMP_MS = MINUTE_MS;
/** Names of one transaction, so that rows need not wait long behind it. */
const NAMES_AT_ONCE = 200;
/** At the bound at least this part of the span goes. */
const LEAST_PART = 0.05;
const ROUNDS = 20;

type Table = 'raw' | 'minutes' | 'hours' | 'recent';

export class Retention {
  usedBytes = 0;
  private readonly db: Database;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly settings: HistorySettings;
  private readonly box: Box;
  private offsetMs: number;
  private steadySinceMs: number;

  constructor(o: { db: Database; clock: Clock; log: Log; settings: HistorySettings; box: Box }) {
    this.db = o.db;
    this.clock = o.clock;
    this.log = o.log;
    this.settings = o.settings;
    this.box = o.box;
    this.offsetMs = o.clock.now() - o.clock.monotonic();
    this.steadySinceMs = o.clock.monotonic();
  }

  async run(): Promise<void> {
    const { clock, settings, box } = this;
    const offsetMs = clock.now() - clock.monotonic();
    if (Math.abs(offsetMs - this.offsetMs) > JUMP_MS) this.steadySinceMs = clock.monotonic();
    this.offsetMs = offsetMs;
    if (clock.monotonic() - this.steadySinceMs >= STEADY_MS) {
      // whole hours, so that minutes and hours of what stays can be added up anew
      for (const [table, keepMs, stepMs] of [
        ['raw', settings.keepValuesMs, HOUR_MS],
        ['minutes', Math.max(settings.keepMinutesMs, settings.keepValuesMs), 24 * HOUR_MS],
        ['hours', Math.max(settings.keepHoursMs, settings.keepMinutesMs, settings.keepValuesMs), 24 * HOUR_MS],
      ] as const) {
        const before = clock.now() - keepMs;
        const cut = before - (before % stepMs);
        if (cut > box.mark(`${table}From`)) await this.remove(table, cut, 'expired');
      }
    }
    await this.keepBelow();
  }

  async measure(): Promise<void> {
    const [pages] = await this.db.read<{ used: number }>(
      'SELECT (p.page_count - f.freelist_count) * s.page_size AS used FROM pragma_page_count() p, pragma_freelist_count() f, pragma_page_size() s',
      [],
    );
    this.usedBytes = pages!.used;
  }

  private async keepBelow(): Promise<void> {
    const { maxBytes } = this.settings;
    await this.measure();
    for (let round = 0; round < ROUNDS && this.usedBytes > maxBytes; round++) {
      const usedBytes = this.usedBytes;
      const place = await this.oldest();
      if (!place) return;
      const { table, fromMs, toMs } = place;
      const part = Math.max(LEAST_PART, (usedBytes - maxBytes) / usedBytes);
      const stepMs = table === 'raw' ? HOUR_MS : MINUTE_MS;
      const cut = Math.min(toMs, Math.ceil((fromMs + (toMs - fromMs) * part + 1) / stepMs) * stepMs);
      await this.remove(table, cut, 'discarded');
      this.log.warn(
        { table, before: new Date(cut).toISOString(), usedBytes, maxBytes },
        `The historian is at its bound of ${sizeText(maxBytes)}: the oldest ${table === 'raw' || table === 'recent' ? 'values' : table} were discarded.`,
      );
      await this.measure();
    }
  }

  /** Where the oldest rows are that may go first: values before minutes before hours. */
  private async oldest(): Promise<{ table: Table; fromMs: number; toMs: number } | undefined> {
    const moved = this.box.mark('moved');
    for (const table of ['raw', 'recent', 'minutes', 'hours'] as const) {
      const first =
        table === 'recent'
          ? 'SELECT min(at) AS at FROM recent'
          : `SELECT min((SELECT min(at) FROM ${table} WHERE name = n.id)) AS at FROM names n`;
      const [found] = await this.db.read<{ at: number | null }>(first, []);
      if (found?.at === null || found === undefined) continue;
      // the end is exclusive: in the tables of sums nothing is newer than what was sorted in
      const toMs = table === 'recent' ? this.clock.now() + MINUTE_MS : Math.max(moved, found.at + HOUR_MS);
      return { table, fromMs: found.at, toMs };
    }
    return undefined;
  }

  private async remove(table: Table, cutMs: number, why: 'expired' | 'discarded'): Promise<void> {
    const { box } = this;
    const from = table === 'recent' ? 'rawFrom' : `${table}From`;
    const what = `${why}.${table}`;
    // late rows before the cut are refused from here on
    const before = box.mark(from);
    box.marks.set(from, Math.max(before, cutMs));
    // rows that were let in before must not be added up without the ones that go
    box.flush();
    try {
      await box.write([{ sql: putMark, params: [from, box.mark(from)] }], true);
      const ids = [...box.names.all()].map((n) => n.id);
      for (let i = 0; i < ids.length; i += NAMES_AT_ONCE)
        await box.write(
          ids.slice(i, i + NAMES_AT_ONCE).flatMap((id) => [
            { sql: addCount(table), params: [what, id, cutMs] },
            { sql: removeOld(table), params: [id, cutMs] },
          ]),
          true,
        );
    } catch (error) {
      box.marks.set(from, before);
      throw error;
    }
    const [count] = await this.db.read<{ value: number }>('SELECT value FROM marks WHERE what = ?', [what]);
    box.marks.set(what, count?.value ?? 0);
  }
}
