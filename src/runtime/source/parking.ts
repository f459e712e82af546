// Messages that come while no rule reads: a rule is being restarted, or all of them. They wait with their confirmation for the next reader. Used by
// source-node.ts.
import type { Emit } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';

export interface ParkedMessage {
  data: Parameters<Emit>[0];
  meta: Meta | undefined;
  ack: (() => void) | undefined;
}

/** From so many on the source is asked to wait … */
export const MAX_PARKED = 1000;
/** … and one that does not wait loses its oldest. */
export const MAX_PARKED_IMPATIENT = 10_000;

export interface ParkingEvents {
  /** The source is asked to wait, or not any more. */
  full(yes: boolean): void;
  dropped(count: number, reason: string): void;
}

export class Parking {
  private readonly events: ParkingEvents;
  private list: ParkedMessage[] = [];
  private isFull = false;

  constructor(events: ParkingEvents) {
    this.events = events;
  }

  get size(): number {
    return this.list.length;
  }

  put(message: ParkedMessage): void {
    if (this.list.length >= MAX_PARKED_IMPATIENT) {
      const oldest = this.list.shift()!;
      // with a confirmation nothing is lost: the peer gives it out again
      if (oldest.ack === undefined) this.events.dropped(1, 'no rule reads yet');
    }
    this.list.push(message);
    this.setFull(this.list.length >= MAX_PARKED);
  }

  /** A rule reads: what waited, oldest first. */
  take(): readonly ParkedMessage[] {
    const { list } = this;
    this.list = [];
    this.setFull(false);
    return list;
  }

  /** @param confirm false: the peer gives unconfirmed messages out again (end of the gateway) */
  close(confirm: boolean): void {
    for (const m of this.take()) if (confirm) m.ack?.();
  }

  private setFull(full: boolean): void {
    if (this.isFull === full) return;
    this.isFull = full;
    this.events.full(full);
  }
}
