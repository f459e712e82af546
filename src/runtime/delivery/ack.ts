// Acknowledgement of one source message. The source hands a callback with the message; whoever keeps data of the message beyond
// the call (a sink queue, a window, an asynchronous lookup) retains the handle and releases it when the data is delivered, stored
// durably or checkpointed. When the last holder releases, the source may confirm to its peer. Filters and projections do nothing.
// data/ack.ts is what rows and operators see of it.
// Life: source-node creates (one hold) → dispatch to all rules, in one synchronous call → source-node releases its own hold.

import type { Ack } from '../../data/ack.ts';

/** Shared by all rows decoded from one message and by all rules that read it. */
export class MessageAck implements Ack {
  /** Holders; the creator is the first. */
  private holds = 1;
  private readonly done: () => void;
  /** Tells the message from others of its session (packet id and content); 0 = the source has no such thing. Stateful rules use it to see a
   *  repetition of what their state holds already. */
  identity = 0;
  /** The peer says that it sent this message before (MQTT DUP). */
  repeated = false;

  /** @param done called exactly once, when the last hold is released */
  constructor(done: () => void) {
    this.done = done;
  }

  retain(): void {
    if (this.holds <= 0) throw new Error('Ack.retain after the last release: a holder forgot to retain in time');
    this.holds++;
  }

  release(): void {
    if (--this.holds === 0) this.done();
    else if (this.holds < 0) throw new Error('Ack.release more often than retain');
  }

  get pending(): boolean {
    return this.holds > 0;
  }
}
