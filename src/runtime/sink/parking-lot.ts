// The parked rows of one sink: rows that it does not take while it takes others. They lie on disk, each with its reason, until somebody
// tries them again or drops them; bounded by rows and bytes. Called by sink-line.ts; shown by parked-access.ts.
// A row is parked (and its message confirmed) only when it is on disk.
import type { Clock } from '../../base/clock.ts';
import type { SinkData } from '../../contract/sink.ts';
import type { QueuePage, SinkQueueStore } from '../../store/index.ts';
import { packState, unpackState } from '../plain-state.ts';
import type { SinkItem } from './sink-item.ts';

export interface ParkedEntry {
  /** Counts up; never given twice as long as rows are parked. */
  readonly id: number;
  readonly rows: number;
  readonly bytes: number;
  readonly reason: string;
  /** Tries in vain since it was parked. */
  readonly tries: number;
  /** Arrival of the row, and when it was parked; epoch ms. */
  readonly atMs: number;
  readonly parkedAtMs: number;
  /** What it replaces at its destination (contract/sink.ts `replaces`). */
  readonly keys: readonly string[];
  /** A newer row with one of its keys was delivered since. */
  readonly overtaken: boolean;
}

export interface ParkedRow extends ParkedEntry {
  readonly data: SinkData;
  readonly dynamic: Readonly<Record<string, unknown>> | undefined;
}

export interface ParkingLimits {
  maxRows: number;
  maxBytes: number;
}

type Saved = [
  data: SinkData,
  dynamic: ParkedRow['dynamic'],
  rows: number,
  atMs: number,
  reason: string,
  tries: number,
  parkedAtMs: number,
  keys: readonly string[],
  overtaken: boolean,
];

const DAMAGED = 'the row is damaged on disk';

export class ParkingLot {
  /** Rows that were parked by this run. */
  parked = 0;
  private readonly store: SinkQueueStore;
  /** Of its queue in the store. */
  readonly name: string;
  private readonly limits: ParkingLimits;
  private readonly clock: Clock;
  private readonly used: (name: string) => void;
  private entries = new Map<number, ParkedEntry>();
  private nextId = 1;
  private rowCount = 0;
  private byteCount = 0;
  /** Rows on their way to disk. */
  private reserved = 0;
  private keyed = 0;
  private opening: Promise<void> | undefined;
  private readonly writes = new Set<Promise<unknown>>();

  /** @param used told before the first row is stored */
  constructor(store: SinkQueueStore, name: string, limits: ParkingLimits, clock: Clock, used: (name: string) => void = () => undefined) {
    this.store = store;
    this.name = name;
    this.limits = limits;
    this.clock = clock;
    this.used = used;
  }

  /** Reads what earlier runs parked; later calls do nothing. @throws STORE_FAILED */
  open(): Promise<void> {
    this.opening ??= this.load().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  private async load(): Promise<void> {
    for (const page of await this.store.pages(this.name)) {
      this.nextId = Math.max(this.nextId, page.seq + 1);
      if (this.entries.has(page.seq)) continue;
      try {
        const row = await this.read(page);
        if (row) this.add(row);
      } catch {
        // damaged: it is listed without what cannot be read, and can only be dropped
        const { seq: id, rows, bytes, atMs } = page;
        this.add({
          id,
          rows,
          bytes,
          reason: DAMAGED,
          tries: 0,
          atMs,
          parkedAtMs: atMs,
          keys: [],
          overtaken: false,
          data: '',
          dynamic: undefined,
        });
      }
    }
  }

  get rows(): number {
    return this.rowCount;
  }

  get bytes(): number {
    return this.byteCount;
  }

  /** The reason of the last one. */
  get lastReason(): string {
    return [...this.entries.values()].at(-1)?.reason ?? '';
  }

  get oldestAtMs(): number {
    return this.entries.values().next().value?.parkedAtMs ?? 0;
  }

  /** True when rows with keys are parked: only then deliveries must be told. */
  get watchesKeys(): boolean {
    return this.keyed > 0;
  }

  /** False: rows that are not taken are discarded. */
  get isOn(): boolean {
    return this.limits.maxRows > 0;
  }

  /** True when so many rows may be parked now. A lot that is empty takes any one item. */
  hasRoom(rows: number): boolean {
    if (this.rowCount + this.reserved === 0) return true;
    return this.rowCount + this.reserved + rows <= this.limits.maxRows && this.byteCount < this.limits.maxBytes;
  }

  /** Resolves when the row is on disk. @throws STORE_FAILED: it is not parked */
  async park(item: Pick<SinkItem, 'data' | 'dynamic' | 'rows' | 'atMs'>, reason: string, keys: readonly string[]): Promise<void> {
    const { data, dynamic, rows, atMs } = item;
    this.reserved += rows;
    this.used(this.name);
    try {
      const row = {
        id: this.nextId++,
        rows,
        bytes: 0,
        reason,
        tries: 0,
        atMs,
        parkedAtMs: this.clock.now(),
        keys,
        overtaken: false,
        data,
        dynamic,
      };
      await this.tracked(this.write(row));
      this.parked += rows;
    } finally {
      this.reserved -= rows;
    }
  }

  list(): ParkedEntry[] {
    return [...this.entries.values()];
  }

  entry(id: number): ParkedEntry | undefined {
    return this.entries.get(id);
  }

  /** With its data; undefined when it is gone. */
  async get(id: number): Promise<ParkedRow | undefined> {
    const entry = this.entries.get(id);
    return entry && this.read({ seq: id, rows: entry.rows, bytes: entry.bytes, atMs: entry.atMs });
  }

  /** @returns false when it was gone already */
  async remove(id: number): Promise<boolean> {
    const entry = this.entries.get(id);
    if (!entry) return false;
    await this.tracked(this.store.remove(this.name, [id]));
    if (!this.entries.delete(id)) return false;
    this.rowCount -= entry.rows;
    this.byteCount -= entry.bytes;
    if (entry.keys.length > 0) this.keyed--;
    return true;
  }

  /** It was tried again in vain. */
  async failedAgain(id: number, reason: string): Promise<void> {
    await this.change(id, (row) => ({ ...row, reason, tries: row.tries + 1 }));
  }

  /** Rows with these keys were delivered: parked ones with one of them are older, and must not replace them any more. */
  async overtake(keys: readonly string[]): Promise<void> {
    for (const e of [...this.entries.values()])
      if (!e.overtaken && e.keys.some((k) => keys.includes(k))) {
        this.entries.set(e.id, { ...e, overtaken: true });
        await this.change(e.id, (row) => ({ ...row, overtaken: true }));
      }
  }

  /** Waits until everything is on disk. */
  async settled(): Promise<void> {
    while (this.writes.size > 0) await Promise.allSettled([...this.writes]);
  }

  async clear(): Promise<void> {
    await this.settled();
    await this.store.clear(this.name);
    this.entries.clear();
    this.rowCount = 0;
    this.byteCount = 0;
    this.keyed = 0;
  }

  private async change(id: number, edit: (row: ParkedRow) => ParkedRow): Promise<void> {
    const row = await this.get(id);
    if (row && this.entries.has(id)) await this.tracked(this.write(edit(row)));
  }

  private async write(row: ParkedRow): Promise<void> {
    const saved: Saved = [row.data, row.dynamic, row.rows, row.atMs, row.reason, row.tries, row.parkedAtMs, row.keys, row.overtaken];
    const payload = packState(saved);
    const page: QueuePage = { seq: row.id, rows: row.rows, bytes: payload.byteLength, atMs: row.atMs };
    const before = this.entries.get(row.id);
    await (before ? this.store.replace(this.name, page, payload) : this.store.append(this.name, page, payload));
    if (before) {
      // it may have been removed meanwhile
      const now = this.entries.get(row.id);
      if (!now) return void (await this.store.remove(this.name, [row.id]));
      this.byteCount += page.bytes - now.bytes;
      this.entries.set(row.id, { ...entryOf(row, page.bytes), overtaken: row.overtaken || now.overtaken });
    } else this.add({ ...row, bytes: page.bytes });
  }

  private add(row: ParkedRow): void {
    this.entries.set(row.id, entryOf(row, row.bytes));
    this.rowCount += row.rows;
    this.byteCount += row.bytes;
    if (row.keys.length > 0) this.keyed++;
  }

  private async read(page: QueuePage): Promise<ParkedRow | undefined> {
    const payload = await this.store.read(this.name, page.seq);
    if (!payload) return undefined;
    const [data, dynamic, rows, atMs, reason, tries, parkedAtMs, keys, overtaken] = unpackState(payload) as Saved;
    return { id: page.seq, rows, bytes: page.bytes, reason, tries, atMs, parkedAtMs, keys, overtaken, data, dynamic };
  }

  private async tracked<T>(work: Promise<T>): Promise<T> {
    this.writes.add(work);
    try {
      return await work;
    } finally {
      this.writes.delete(work);
    }
  }
}

const entryOf = ({ id, rows, reason, tries, atMs, parkedAtMs, keys, overtaken }: ParkedRow, bytes: number): ParkedEntry => ({
  id,
  rows,
  bytes,
  reason,
  tries,
  atMs,
  parkedAtMs,
  keys,
  overtaken,
});
