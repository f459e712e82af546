// The queue on disk of one sink: pages of items in order, bounded by rows, bytes and age. Called by sink-node.ts, one writer and one
// reader at a time; the bytes go through store/sink-queue.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { SinkData } from '../../contract/sink.ts';
import type { QueuePage, SinkQueueStore } from '../../store/index.ts';
import type { BootTime } from '../boot-time.ts';
import { packState, unpackState } from '../plain-state.ts';
import type { KnownPage, QueueSpace, SentBefore } from './queue-space.ts';
import type { SinkItem } from './sink-item.ts';

/** An item as it comes back from disk. */
export interface StoredItem {
  data: SinkData;
  dynamic: Readonly<Record<string, unknown>> | undefined;
  rows: number;
  atMs: number;
}

export interface StoredPage {
  seq: number;
  items: StoredItem[];
  /** The items as the sink was given them before, if it was given one: it may still answer. As long as `items`. */
  from: KnownPage['from'];
}

export interface QueueLimits {
  maxRows: number;
  maxBytes: number;
  /** 0 = for ever */
  maxAgeMs: number;
  /** What all queues share; absent: only the bounds of this one count. */
  space?: QueueSpace;
}

export interface DurableQueue {
  /** Reads the heads of what a run before left. */
  open(): Promise<void>;
  /** Resolves when the items are on disk, in order behind all others. Drops the oldest pages beyond the bounds first.
   *  @throws STORE_FAILED (disk full, or the space of all queues is used up and nothing of this one can go); nothing was stored then */
  append(items: readonly SinkItem[]): Promise<void>;
  /** True when `append` of so much would drop something. */
  full(rows: number, bytes: number): boolean;
  /** The oldest page; undefined when empty. A page that cannot be read is dropped and counted. */
  head(): Promise<StoredPage | undefined>;
  /** The page behind this one; undefined when there is none, or it cannot be read. */
  after(seq: number): Promise<StoredPage | undefined>;
  removePage(seq: number): Promise<void>;
  /** The disk does not take what became of the items of a page: kept in memory until it does, also for the next run. */
  remember(seq: number, from: readonly (SentBefore | undefined)[]): void;
  /** Keeps only these items of a page. */
  shortenPage(seq: number, items: readonly StoredItem[], from?: StoredPage['from']): Promise<void>;
  clear(): Promise<void>;
  readonly items: number;
  readonly rows: number;
  readonly bytes: number;
  /** Epoch ms by the clock as it is set now, 0 = empty. */
  readonly oldestAtMs: number;
  /** Rows given up because of the bounds or damage. */
  readonly dropped: number;
}

interface Page extends QueuePage {
  from: StoredPage['from'];
}

/** The same bytes under the same number: a page that was written again by others is another one. */
const isSame = (a: QueuePage, b: QueuePage): boolean =>
  a.seq === b.seq && a.bytes === b.bytes && a.rows === b.rows && a.atMs === b.atMs && a.boot === b.boot && a.upMs === b.upMs;

/** A clock that shows less was not set when it was read: this program is younger. */
const CLOCK_SET_MS = Date.UTC(2026, 0, 1);
/** Wall time that moves so much against the time since boot was set (NTP). */
const STEP_MS = 60_000;

export function createDurableQueue(store: SinkQueueStore, name: string, limits: QueueLimits, clock: Clock, boot: BootTime): DurableQueue {
  let pages: Page[] = [];
  let rows = 0;
  let bytes = 0;
  let dropped = 0;
  let nextSeq = 1;
  let openedUpMs = boot.upMs();
  /** Wall time of the boot, by the clock as it was at the last look. */
  let bootedAtMs = clock.now() - openedUpMs;

  /** Times on disk are those of the clock before it was set. */
  let mustRestamp = false;

  const isOfThisBoot = (page: Page) => page.boot === boot.id && page.upMs !== undefined;
  /** Exact since the boot. Of an earlier boot the wall clock tells, unless it was not set then: such a page counts as stored when it was found. */
  const ageMs = (page: Page): number => {
    if (isOfThisBoot(page)) return boot.upMs() - page.upMs!;
    return page.atMs < CLOCK_SET_MS ? boot.upMs() - openedUpMs : clock.now() - page.atMs;
  };

  /** After the clock was set, pages of this boot get the time that they have by the new one: it counts when the machine boots again.
   *  @returns true when it was */
  const followClock = async (): Promise<boolean> => {
    const stepMs = clock.now() - boot.upMs() - bootedAtMs;
    const stepped = Math.abs(stepMs) >= STEP_MS;
    if (stepped) {
      bootedAtMs += stepMs;
      for (const p of pages) if (isOfThisBoot(p)) p.atMs += stepMs;
      mustRestamp = true;
    }
    if (!mustRestamp) return stepped;
    try {
      await store.restamp(name, pages.filter(isOfThisBoot));
      mustRestamp = false;
    } catch {
      // a disk that takes nothing keeps nobody from his data: tried again at the next look
    }
    return stepped;
  };

  const known = () => pages;
  const count = (moreRows: number, moreBytes: number) => {
    rows += moreRows;
    bytes += moreBytes;
    limits.space?.set(name, bytes);
    if (bytes > 0) limits.space?.known.set(name, known);
  };
  const forget = (page: Page) => {
    pages = pages.filter((p) => p !== page);
    count(-page.rows, -page.bytes);
  };
  /** @throws STORE_FAILED when the space of all queues is used up, and no page of this one can make room */
  const checkSpace = (moreBytes: number) => {
    const { space } = limits;
    if (!space) return;
    const lacking = space.lacks(moreBytes);
    if (lacking > bytes) throw new GatewayError('STORE_FAILED', { file: 'cache.db', text: space.reason(moreBytes) });
  };

  /** Oldest pages that must go so that so much more fits. */
  const surplus = (moreRows: number, moreBytes: number): Page[] => {
    const out: Page[] = [];
    let r = rows + moreRows;
    let b = bytes + moreBytes;
    // pages in the place of pages: the space of all does not grow
    let lacking = moreBytes > 0 ? (limits.space?.lacks(moreBytes) ?? 0) : 0;
    const tooOld = (p: Page) => limits.maxAgeMs > 0 && ageMs(p) > limits.maxAgeMs;
    for (const p of pages) {
      if (r <= limits.maxRows && b <= limits.maxBytes && lacking <= 0 && !tooOld(p)) break;
      out.push(p);
      r -= p.rows;
      b -= p.bytes;
      lacking -= p.bytes;
    }
    return out;
  };

  const drop = async (list: readonly Page[]) => {
    if (!list.length) return;
    await store.remove(
      name,
      list.map((p) => p.seq),
    );
    for (const p of list) {
      forget(p);
      dropped += p.rows;
    }
  };

  return {
    async open() {
      openedUpMs = boot.upMs();
      const before = limits.space?.known.get(name)?.() ?? [];
      pages = (await store.pages(name)).map((p) => ({ ...p, from: before.find((k) => isSame(k, p))?.from?.map(ofEarlierRun) }));
      rows = 0;
      bytes = 0;
      count(
        pages.reduce((n, p) => n + p.rows, 0),
        pages.reduce((n, p) => n + p.bytes, 0),
      );
      nextSeq = (pages.at(-1)?.seq ?? 0) + 1;
    },
    async append(items) {
      const payload = packState(items.map(packItem));
      const stepped = await followClock();
      const page: Page = {
        seq: nextSeq++,
        rows: countRows(items),
        bytes: payload.byteLength,
        // what came before the step has the time of the clock before it
        atMs: stepped ? clock.now() : items[0]!.atMs,
        boot: boot.id,
        upMs: boot.upMs(),
        from: items.some((i) => i.flights > 0 || i.faults > 0) ? items : undefined,
      };
      checkSpace(page.bytes);
      await drop(surplus(page.rows, page.bytes));
      await store.append(name, page, payload);
      pages.push(page);
      count(page.rows, page.bytes);
    },
    full: (moreRows, moreBytes) => surplus(moreRows, moreBytes).length > 0 || (limits.space?.lacks(Math.max(1, moreBytes)) ?? 0) > 0,
    async head() {
      for (;;) {
        await followClock();
        await drop(surplus(0, 0));
        const page = pages[0];
        if (!page) return undefined;
        const payload = await store.read(name, page.seq);
        try {
          if (!payload) throw new Error('the page is gone');
          return { seq: page.seq, items: unpackItems(payload), from: page.from };
        } catch {
          // damaged or set aside: counted as dropped, the queue goes on
          await drop([page]);
        }
      }
    },
    async after(seq) {
      const page = pages[pages.findIndex((p) => p.seq === seq) + 1];
      const payload = page && (await store.read(name, page.seq));
      if (!payload) return undefined;
      try {
        return { seq: page.seq, items: unpackItems(payload), from: page.from };
      } catch {
        return undefined; // damaged: counted when it is the head
      }
    },
    async removePage(seq) {
      const page = pages.find((p) => p.seq === seq);
      if (!page) return;
      await store.remove(name, [seq]);
      // it may have gone by a bound meanwhile
      if (pages.includes(page)) forget(page);
    },
    remember(seq, from) {
      const page = pages.find((p) => p.seq === seq);
      if (page) page.from = from;
    },
    async shortenPage(seq, items, from) {
      const page = pages.find((p) => p.seq === seq);
      if (!page) return;
      const payload = packState(items.map(packItem));
      const short: Page = { ...page, rows: countRows(items), bytes: payload.byteLength, from };
      await store.replace(name, short, payload);
      const at = pages.indexOf(page);
      // it went by a bound meanwhile, and must not come back
      if (at < 0) return void (await store.remove(name, [seq]));
      count(short.rows - page.rows, short.bytes - page.bytes);
      pages[at] = short;
    },
    async clear() {
      await store.clear(name);
      pages = [];
      count(-rows, -bytes);
    },
    get items() {
      return pages.length;
    },
    get rows() {
      return rows;
    },
    get bytes() {
      return bytes;
    },
    get oldestAtMs() {
      return pages[0]?.atMs ?? 0;
    },
    get dropped() {
      return dropped;
    },
  };
}

/** What a page held at a moment: items that came later are left out. @returns undefined when none is left  @throws when the bytes are damaged */
export function pageUntil(payload: Uint8Array, atMs: number): { payload: Uint8Array; rows: number } | undefined {
  const all = unpackItems(payload);
  const items = all.filter((i) => i.atMs <= atMs);
  if (items.length === 0) return undefined;
  const same = items.length === all.length;
  return { payload: same ? payload : packState(items.map(packItem)), rows: countRows(items) };
}

/** Whether it was taken counts for ever, the failures count for the run that had them. */
const ofEarlierRun = (sent: SentBefore | undefined): SentBefore | undefined =>
  sent && {
    get state() {
      return sent.state;
    },
    faults: 0,
    faultsSince: 0,
  };

/** @throws when the bytes are damaged */
const unpackItems = (payload: Uint8Array): StoredItem[] =>
  (unpackState(payload) as unknown[][]).map(([data, dynamic, rows, atMs]) => ({
    data: data as SinkData,
    dynamic: dynamic as StoredItem['dynamic'],
    rows: rows as number,
    atMs: atMs as number,
  }));

const packItem = (i: StoredItem): unknown[] => [i.data, i.dynamic, i.rows, i.atMs];

const countRows = (items: readonly { rows: number }[]): number => items.reduce((n, i) => n + i.rows, 0);
