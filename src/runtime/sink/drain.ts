// Sends the backlog on disk, in order, page by page. It ends when the disk is empty, at the first failure, or when the link is lost. A row that
// fails while others are taken goes aside (verdict.ts); to learn that, the next row is let through once. Called by sink-line.ts.
import type { DurableQueue, StoredItem, StoredPage } from './durable-queue.ts';
import type { SentBefore } from './queue-space.ts';
import { countFault, type Faults, verdictOf } from './verdict.ts';

/** Items of the backlog under way at once. */
const CHUNK = 64;
/** So many rows behind one that fails are asked in turn whether the peer takes anything. */
const MAX_PROBES = 8;

export interface DrainHost {
  readonly maxInFlight: number;
  /** Failures with others being taken until a row is set aside; 0 = never. */
  readonly parkAfter: number;
  /** Tries after the first one until a row is not taken; 0 = for ever. */
  readonly maxRetries: number;
  readonly disk: DurableQueue;
  /** Rows that the sink took so far, by whatever way. */
  deliveries(): number;
  collect(item: StoredItem): void | Promise<void>;
  delivered(item: StoredItem): void;
  /** An answer came that is not a delivery. */
  failed(error: unknown): void;
  /** The row will not be taken. @returns true when it is safe elsewhere and may leave the line */
  notTaken(item: StoredItem, error: unknown): Promise<boolean>;
  /** The disk is empty: what is on its way there goes first. @param sent the sink took something  @returns true: look again */
  refill(sent: boolean): Promise<boolean>;
  /** Items at once at most, by the rate that is asked for. */
  readonly chunk: number;
  /** @returns a promise to wait for before so many rows may be sent */
  slot(rows: number): Promise<void> | undefined;
  /** Leaves the loop to others between pages. */
  pace(): Promise<void>;
}

/** `soon`: the peer answers, so that the pause before the next try stays short. */
export type DrainEnd = 'drained' | 'failed' | 'soon' | 'stopped';

/** One item of a page, with what is known of it; kept over the rounds. */
interface Entry extends Faults {
  item: StoredItem;
  from: SentBefore | undefined;
  tries: number;
  /** It is not taken, and there is no room for it elsewhere. */
  stays: boolean;
  /** Delivered, or safe elsewhere: a late answer counts too. */
  done: boolean;
}

interface PageWork {
  seq: number;
  entries: Entry[];
}

export class Drain {
  private readonly host: DrainHost;
  private token = 0;
  /** Of sends without an answer: called when the round is stopped. */
  private readonly leaving = new Set<() => void>();
  private ending = false;
  private previous: Promise<unknown> = Promise.resolve();
  private work: PageWork | undefined;
  private probes = 0;
  /** Where rows behind the page were asked last. */
  private probe = { seq: 0, index: 0 };

  constructor(host: DrainHost) {
    this.host = host;
  }

  /** Never rejects but by a disk that fails. One round at a time: a stopped one first finishes what it writes. */
  run(): Promise<DrainEnd> {
    const token = this.token;
    const round = this.previous.then(() => this.round(token));
    this.previous = round.catch(() => undefined);
    return round;
  }

  /** The link is lost, or the sink ends: no answer is awaited any more. */
  stop(): void {
    this.token++;
    for (const leave of [...this.leaving]) leave();
  }

  /** The sink ends: what was given to it may still be answered. Resolves when nothing is under way any more; `stop` hastens it. */
  async finish(): Promise<void> {
    this.ending = true;
    await this.previous;
    if (!this.work) return;
    const { seq, entries } = this.work;
    // what is under way may be answered after the end
    this.host.disk.remember(seq, entries.map(asSent));
    // delivered while the disk took nothing, not even that they are: once more. The failure itself was told by the round
    await this.settle(this.work).catch(() => undefined);
  }

  private async round(token: number): Promise<DrainEnd> {
    const { host } = this;
    let sent = false;
    for (;;) {
      if (token !== this.token) return 'stopped';
      const page = await host.disk.head();
      if (token !== this.token) return 'stopped';
      if (!page) {
        this.work = undefined;
        if (await host.refill(sent)) continue;
        return token === this.token ? 'drained' : 'stopped';
      }
      const work = this.workOf(page);
      const end = await this.sendPage(work, token);
      await this.settle(work);
      if (end !== undefined) return end;
      if (this.ending) return 'stopped';
      sent = true;
      await host.pace();
    }
  }

  /** What is known of the page from rounds before stays. */
  private workOf(page: StoredPage): PageWork {
    if (this.work?.seq === page.seq && this.work.entries.length === page.items.length) return this.work;
    this.probes = 0;
    this.probe = { seq: 0, index: 0 };
    this.work = { seq: page.seq, entries: page.items.map((item, i) => newEntry(item, page.from?.[i])) };
    return this.work;
  }

  /** Takes what is done off the disk. */
  private async settle(work: PageWork): Promise<void> {
    work.entries = await this.keep(work.seq, work.entries);
  }

  /** @returns what is left of the page */
  private async keep(seq: number, entries: Entry[]): Promise<Entry[]> {
    const rest = entries.filter((e) => !isDone(e));
    if (rest.length === entries.length) return rest;
    const { disk } = this.host;
    // should the disk not take it, or this run end, the next round or run knows
    disk.remember(seq, entries.map(asSent));
    if (rest.length === 0) await disk.removePage(seq);
    else
      await disk.shortenPage(
        seq,
        rest.map((e) => e.item),
        rest.map(asSent),
      );
    return rest;
  }

  /** @returns undefined when all of it is done */
  private async sendPage(work: PageWork, token: number): Promise<DrainEnd | undefined> {
    const { host } = this;
    for (;;) {
      const open = work.entries.filter((e) => !isDone(e));
      const head = open[0];
      if (head === undefined) return undefined;
      // behind a row that failed nothing is sent until that is through
      const size = head.faults > 0 || head.stays ? 1 : Math.min(CHUNK, host.maxInFlight, host.chunk);
      const part = open.slice(0, size);
      const wait = host.slot(part.reduce((rows, e) => rows + e.item.rows, 0));
      if (wait) {
        await this.untilStopped(wait);
        if (token !== this.token || this.ending) return 'stopped';
      }
      await Promise.all(part.map((e) => this.send(e, token, e === head)));
      if (token !== this.token || this.ending) return 'stopped';
      const failed = part.find((e) => !isDone(e));
      if (failed === undefined) continue;
      if (!isSuspect(failed, host)) return failed.faults > 0 && failed.faults < host.parkAfter ? 'soon' : 'failed';
      const end = await this.ask(failed, open, work.seq, token);
      if (end !== undefined) return end;
    }
  }

  /** Does the peer take another row? Then the failing one is tried again at once: a failure after that success sets it aside.
   *  @returns undefined: go on with the page */
  private async ask(suspect: Entry, open: readonly Entry[], seq: number, token: number): Promise<DrainEnd | undefined> {
    const others = open.filter((e) => e !== suspect && !isDone(e));
    // the next one, so that the order stays; if the peer failed on all of this page, those behind it
    const other = others.find((e) => e.faults === 0);
    const before = this.host.deliveries();
    if (other !== undefined) await this.send(other, token, false);
    else if (!(await this.probeNextPage(seq, token))) await this.probeAgain(others, token);
    const taken = this.host.deliveries() > before;
    if (token !== this.token) return 'stopped';
    if (!taken) return 'failed';
    await this.send(suspect, token, false);
    if (token !== this.token) return 'stopped';
    return isDone(suspect) ? undefined : 'failed';
  }

  /** Rows on which the peer failed before are asked in turn: it may take them now. */
  private async probeAgain(others: readonly Entry[], token: number): Promise<void> {
    if (others.length === 0) return;
    const other = others[this.probes++ % Math.min(others.length, MAX_PROBES)]!;
    await this.send(other, token, false);
  }

  /** Rows of the pages behind are asked, one at each try. @returns false when there is none */
  private async probeNextPage(seq: number, token: number): Promise<boolean> {
    const { disk } = this.host;
    const page = (await disk.after(Math.max(seq, this.probe.seq))) ?? (await disk.after(seq));
    if (!page || token !== this.token) return false;
    const entries = page.items.map((item, i) => newEntry(item, page.from?.[i]));
    const open = entries.filter((e) => !isDone(e));
    const index = open.length > 0 ? this.probe.index % open.length : 0;
    const other = open[index];
    if (other) await this.send(other, token, false);
    // one that the peer failed on is not asked again soon
    if (other?.faults) this.probe.index = index + 1;
    if (this.probe.index >= Math.min(open.length, MAX_PROBES)) this.probe = { seq: page.seq, index: 0 };
    await this.keep(page.seq, entries);
    return other !== undefined;
  }

  /** Gives one item to the sink; marks it done when it is.
   *  @param isHead failures count against maxRetries: those of the rows behind it may be its own */
  private async send(entry: Entry, token: number, isHead: boolean): Promise<void> {
    if (isDone(entry)) return;
    const { host } = this;
    try {
      const answer = host.collect(entry.item);
      if (answer !== undefined && typeof answer.then === 'function') {
        const answered = answer.then(() => {
          // an answer that comes after the round was stopped counts too, as long as the row was not sent again
          if (entry.done) return;
          entry.done = true;
          host.delivered(entry.item);
        });
        return await this.untilStopped(answered);
      }
      entry.done = true;
      host.delivered(entry.item);
    } catch (error) {
      if (token !== this.token) return;
      host.failed(error);
      await this.judge(entry, error, isHead);
    }
  }

  /** Waits for an answer, but not longer than the round lasts. */
  private untilStopped(answered: Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.leaving.add(resolve);
    answered.then(resolve, reject);
    return promise.finally(() => this.leaving.delete(resolve));
  }

  private async judge(entry: Entry, error: unknown, isHead: boolean): Promise<void> {
    const { host } = this;
    const verdict = verdictOf(error);
    if (isHead) entry.tries++;
    const notTaken =
      verdict === 'final' ||
      (isHead && host.maxRetries > 0 && entry.tries > host.maxRetries) ||
      (verdict === 'fault' && countFault(entry, host.deliveries(), host.parkAfter));
    if (!notTaken) return;
    if (await host.notTaken(entry.item, error)) entry.done = true;
    else entry.stays = true;
  }
}

/** An entry for those who read the page later: done as soon as it is. */
const asSent = (e: Entry): SentBefore => ({
  get state() {
    return isDone(e) ? 'done' : 'waiting';
  },
  get faults() {
    return e.faults;
  },
  get faultsSince() {
    return e.faultsSince;
  },
});

const newEntry = (item: StoredItem, from: SentBefore | undefined): Entry => ({
  item,
  from,
  tries: 0,
  stays: false,
  faults: from?.faults ?? 0,
  faultsSince: from?.faultsSince ?? 0,
  done: false,
});

const isDone = (e: Entry): boolean => e.done || e.from?.state === 'done';

/** One more failure would set it aside, if only the peer took something between. */
const isSuspect = (e: Entry, host: DrainHost): boolean =>
  host.parkAfter > 0 && e.faults >= host.parkAfter - 1 && e.faults > 0 && host.deliveries() === e.faultsSince;
