// Keeps the connection of one bus: opens it, opens it again with growing pauses, makes a silent one new, and tells who watches. Used by bus.ts.
import { type Backoff, createBackoff } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors/gateway-error.ts';
import type { Log } from '../../../base/log.ts';
import type { OpenTransport, Transport } from '../transport/transport.ts';

/** Together with a reader's cycle of 1 s a line that is back is used within 3 s. */
const MAX_REOPEN_MS = 1000;
/** After so long a connection counts as stable. */
const STABLE_MS = 5000;
/** So many time-outs on end over a socket, and a new connection is made: the peer may have gone silently, or the framing is lost. */
const SILENT_LIMIT = 3;
const RENEW_EVERY_MS = 3000;

export interface LineEvents {
  /** The line is open and nothing is known of its units (not called when a silent connection was replaced). */
  up(): void;
  /** The line is lost or cannot be opened. */
  down(error: Error): void;
  /** A whole frame of this unit that nobody waits for. */
  stray(unitId: number, oddity: string | undefined): void;
}

export class LineKeeper {
  transport: Transport | undefined;
  /** Why the line is not open. */
  problem = 'not connected yet';
  private readonly name: string;
  private readonly openTransport: OpenTransport;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly events: LineEvents;
  private readonly watchers = new Set<(up: boolean, message: string) => void>();
  private readonly reopen: Backoff;
  private renewing = false;
  private closed = false;
  private silent = 0;
  private renewAtMs = 0;
  private openAgainAtMs = 0;
  private openedAtMs = 0;

  constructor(name: string, openTransport: OpenTransport, clock: Clock, log: Log, events: LineEvents, random: () => number) {
    this.name = name;
    this.openTransport = openTransport;
    this.clock = clock;
    this.log = log;
    this.events = events;
    this.reopen = createBackoff({ firstMs: 250, maxMs: MAX_REOPEN_MS, random });
  }

  get watched(): boolean {
    return this.watchers.size > 0;
  }

  /** Also while a silent connection is replaced. */
  get connected(): boolean {
    return this.transport !== undefined || this.renewing;
  }

  /** Ms until the line may be tried again. */
  get waitMs(): number {
    return Math.max(0, this.openAgainAtMs - this.clock.monotonic());
  }

  watch(onState: (up: boolean, message: string) => void): () => void {
    this.watchers.add(onState);
    onState(this.transport !== undefined, this.transport ? '' : this.problem);
    return () => this.watchers.delete(onState);
  }

  /** @param renewed the line was not lost: what is known about units stays, and nobody is told */
  async open(renewed = false): Promise<void> {
    try {
      const transport = await this.openTransport();
      if (this.closed) {
        await transport.close();
        return;
      }
      this.transport = transport;
      transport.onStray = (unitId, oddity) => this.events.stray(unitId, oddity);
      void transport.lost.then((error) => this.lost(error, transport));
      this.openedAtMs = this.clock.monotonic();
      if (renewed) return;
      this.silent = 0;
      this.events.up();
      this.tell(true, '');
    } catch (error) {
      this.openAgainAtMs = this.clock.monotonic() + this.reopen.next();
      this.tell(false, messageOf(error));
      this.events.down(error as Error);
    }
  }

  lost(error: Error, transport: Transport): void {
    if (this.transport !== transport) return;
    this.transport = undefined;
    // a peer that takes connections and drops them at once is not asked in a tight loop
    if (this.clock.monotonic() - this.openedAtMs > STABLE_MS) this.reopen.reset();
    this.openAgainAtMs = this.clock.monotonic() + this.reopen.next();
    this.tell(false, error.message);
    this.log.warn({ code: 'MODBUS_LOST', bus: this.name, cause: error.message }, 'Bus lost.');
    transport
      .close()
      .catch((failure) =>
        this.log.warn({ code: 'MODBUS_LOST', bus: this.name, cause: messageOf(failure) }, 'The line could not be closed.'),
      );
    this.events.down(error);
  }

  /** A frame that fitted came. */
  answered(): void {
    this.silent = 0;
  }

  /** Nothing came within a whole time-out; a connection over which nothing comes at all is closed and made new. */
  async timedOut(transport: Transport): Promise<void> {
    if (!transport.renewable || ++this.silent < SILENT_LIMIT || this.clock.monotonic() < this.renewAtMs) return;
    this.silent = 0;
    this.renewAtMs = this.clock.monotonic() + RENEW_EVERY_MS;
    this.log.info({ bus: this.name }, 'Nothing comes over this connection; making a new one.');
    this.renewing = true;
    this.transport = undefined;
    try {
      await transport.close();
      if (!this.closed) await this.open(true);
    } finally {
      this.renewing = false;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.watchers.clear();
    const t = this.transport;
    this.transport = undefined;
    await t?.close();
  }

  private tell(up: boolean, message: string): void {
    this.problem = message;
    for (const w of this.watchers) w(up, message);
  }
}
