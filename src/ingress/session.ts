// One client's subscriptions and what waits for it. In memory is what was not handed over yet, up to a limit; beyond it the messages are in the
// journal only and are read when the session has caught up. Called by hub.ts and connection.ts.
import { topicMatches } from './acl.ts';
import type { Held, Hub } from './hub.ts';

/** What a session writes to; a connection. */
export interface Outlet {
  /** Messages that may be unconfirmed at a time. */
  readonly window: number;
  /** True when more than a little waits in the socket. */
  readonly isCongested: boolean;
  send(held: Held, qos: 0 | 1, packetId: number | undefined, again: boolean): void;
}

export class Session {
  readonly clientId: string;
  /** Stands for it in the journal. */
  readonly number: number;
  readonly user: string;
  /** How long it lasts without a connection; 0: as long as the connection. */
  expiryMs: number;
  seenAtMs = 0;
  readonly subscriptions = new Map<string, number>();
  readonly #hub: Hub;
  #outlet: Outlet | undefined;
  /** Not handed over yet, in order; `again`: was handed over to an earlier connection. */
  #queue: { held: Held; again: boolean }[] = [];
  #queuedBytes = 0;
  readonly #flying = new Map<number, Held>();
  #nextId = 1;
  /** The first message that is in the journal only. */
  #behindFrom: number | undefined;
  #pumping = false;

  constructor(hub: Hub, clientId: string, number: number, user: string, expiryMs: number) {
    this.#hub = hub;
    this.clientId = clientId;
    this.number = number;
    this.user = user;
    this.expiryMs = expiryMs;
  }

  get lasting(): boolean {
    return this.expiryMs > 0;
  }

  get isConnected(): boolean {
    return this.#outlet !== undefined;
  }

  get waiting(): number {
    return this.#queue.length + this.#flying.size;
  }

  /** True when a message would go out at once and is probably confirmed soon. */
  get isPrompt(): boolean {
    return (
      this.#outlet !== undefined &&
      !this.#outlet.isCongested &&
      this.#queue.length === 0 &&
      this.#behindFrom === undefined &&
      this.#flying.size < this.#outlet.window
    );
  }

  get isFull(): boolean {
    const { maxQueued, maxQueuedBytes } = this.#hub.options;
    return this.#behindFrom !== undefined || this.#queue.length >= maxQueued || this.#queuedBytes >= maxQueuedBytes;
  }

  /** @returns the highest QoS that a subscription asks for, undefined without one */
  qosFor(topic: string): number | undefined {
    let found: number | undefined;
    for (const [filter, qos] of this.subscriptions) if ((found === undefined || qos > found) && topicMatches(filter, topic)) found = qos;
    return found;
  }

  /** A message that must not be lost. */
  add(held: Held): void {
    if (this.isFull) this.#behindFrom ??= held.seq;
    else this.#push(held);
    this.pump();
  }

  /** After a start: everything from this message on is in the journal. */
  readFrom(seq: number): void {
    this.#behindFrom = seq;
  }

  /** For a client that keeps no session: the oldest go when it is too slow. */
  addLossy(held: Held): void {
    const { maxQueued, maxQueuedBytes } = this.#hub.options;
    while (this.#queue.length >= maxQueued || this.#queuedBytes >= maxQueuedBytes) {
      this.#queuedBytes -= this.#queue.shift()!.held.payload.length;
      this.#hub.figures.dropped++;
    }
    this.#push(held);
    this.pump();
  }

  sendNow(held: Held): void {
    if (!this.#outlet) return;
    if (this.#outlet.isCongested) this.#hub.figures.dropped++;
    else this.#outlet.send(held, 0, undefined, false);
  }

  attach(outlet: Outlet): void {
    this.#outlet = outlet;
    this.pump();
  }

  /** The connection has gone: what it had not confirmed comes again, first. */
  detach(outlet: Outlet, nowMs: number): void {
    if (this.#outlet !== outlet) return;
    this.#outlet = undefined;
    this.seenAtMs = nowMs;
    const again = [...this.#flying.values()].map((held) => ({ held, again: true }));
    this.#flying.clear();
    this.#queue = [...again, ...this.#queue];
    for (const { held } of again) this.#queuedBytes += held.payload.length;
  }

  confirm(packetId: number): void {
    const held = this.#flying.get(packetId);
    if (!held) return;
    this.#flying.delete(packetId);
    this.#hub.confirmed(this, held);
    this.pump();
  }

  /** Nobody will confirm what waits. */
  discard(): void {
    for (const held of [...this.#flying.values(), ...this.#queue.map((q) => q.held)]) this.#hub.confirmed(this, held);
    if (this.#behindFrom !== undefined)
      for (const { seq } of this.#hub.journal.read(this.number, this.#behindFrom)) this.#hub.journal.ack(seq, this.number);
    this.#flying.clear();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#behindFrom = undefined;
  }

  /** Hands over what the window allows. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (;;) {
        const outlet = this.#outlet;
        if (!outlet || outlet.isCongested || this.#flying.size >= outlet.window) return;
        if (this.#queue.length === 0 && !this.#refill()) return;
        const { held, again } = this.#queue.shift()!;
        this.#queuedBytes -= held.payload.length;
        const id = this.#freeId();
        this.#flying.set(id, held);
        outlet.send(held, 1, id, again);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #push(held: Held): void {
    this.#queue.push({ held, again: false });
    this.#queuedBytes += held.payload.length;
  }

  /** Reads on in the journal. @returns false when there is nothing more */
  #refill(): boolean {
    if (this.#behindFrom === undefined) return false;
    const { maxQueued, maxQueuedBytes } = this.#hub.options;
    const from = this.#behindFrom;
    this.#behindFrom = undefined;
    for (const message of this.#hub.journal.read(this.number, from)) {
      if (this.#queue.length >= maxQueued || this.#queuedBytes >= maxQueuedBytes) {
        this.#behindFrom = message.seq;
        break;
      }
      const { seq, topic, payload, retain, properties } = message;
      this.#push({
        seq,
        topic,
        payload,
        retain,
        properties,
        open: new Set([this]),
        stored: true,
        safe: undefined,
        failed: undefined,
        dueAtMs: 0,
      });
    }
    return this.#queue.length > 0;
  }

  #freeId(): number {
    do this.#nextId = (this.#nextId % 65_535) + 1;
    while (this.#flying.has(this.#nextId));
    return this.#nextId;
  }
}
