// Messages from sensors to sessions. A sensor gets its answer when every lasting session has confirmed its message (nothing is written then), or when
// the message is in the journal, whichever is first: at once for sessions that are away or behind, else after a short grace. Called by
// connection.ts; next files: session.ts, journal.ts.
import type { Clock, TimerHandle } from '../base/clock.ts';
import { topicMatches } from './acl.ts';
import type { Journal } from './journal.ts';
import { Session } from './session.ts';

/** A message on its way. */
export interface Held {
  readonly seq: number;
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  readonly properties: Record<string, unknown> | undefined;
  /** Lasting sessions that have not confirmed it. */
  readonly open: Set<Session>;
  stored: boolean;
  /** Answers the sensor; absent when that was done. */
  safe: (() => void) | undefined;
  failed: ((error: Error) => void) | undefined;
  dueAtMs: number;
}

export interface Incoming {
  topic: string;
  payload: Buffer;
  qos: number;
  retain: boolean;
  properties?: Record<string, unknown> | undefined;
}

export interface HubOptions {
  clock: Clock;
  journal: Journal;
  /** How long a session that is there may take before the message is written down. */
  graceMs: number;
  /** Messages and bytes that one session keeps in memory; the others are read from the journal. */
  maxQueued: number;
  maxQueuedBytes: number;
  maxRetained: number;
  maxRetainedBytes: number;
}

export interface Retained {
  payload: Buffer;
  qos: number;
  properties: Record<string, unknown> | undefined;
}

export interface HubFigures {
  received: number;
  delivered: number;
  stored: number;
  /** QoS 0 for readers that were too slow, and messages of QoS 1 for readers that keep no session. */
  dropped: number;
  /** Messages that could not be taken, since the disk is full: the sensor has them. */
  refused: number;
}

export class Hub {
  readonly options: HubOptions;
  readonly sessions = new Map<string, Session>();
  readonly retained = new Map<string, Retained>();
  readonly figures: HubFigures = { received: 0, delivered: 0, stored: 0, dropped: 0, refused: 0 };
  /** Bytes of messages whose sensor waits for an answer. */
  heldBytes = 0;
  retainedChanged = false;
  #retainedBytes = 0;
  #seq = 0;
  #nextNumber = 1;
  readonly #due: Held[] = [];
  #timer: TimerHandle | undefined;

  constructor(options: HubOptions) {
    this.options = options;
  }

  get journal(): Journal {
    return this.options.journal;
  }

  /** A session of an earlier run. */
  restore(session: {
    clientId: string;
    number: number;
    user: string;
    expiryMs: number;
    subscriptions: Record<string, number>;
    seenAtMs: number;
  }): void {
    const one = new Session(this, session.clientId, session.number, session.user, session.expiryMs);
    one.seenAtMs = session.seenAtMs;
    for (const [filter, qos] of Object.entries(session.subscriptions)) one.subscriptions.set(filter, qos);
    this.sessions.set(session.clientId, one);
    this.#nextNumber = Math.max(this.#nextNumber, session.number + 1);
  }

  /** What the journal holds, to the sessions that have not confirmed it. @returns number of messages */
  recover(): number {
    const byNumber = new Map([...this.sessions.values()].map((s) => [s.number, s]));
    const { firstOpen, lastSeq, openMessages } = this.journal.open();
    this.#seq = lastSeq;
    for (const [number, seq] of firstOpen) {
      const session = byNumber.get(number);
      this.#nextNumber = Math.max(this.#nextNumber, number + 1);
      if (session) session.readFrom(seq);
      else for (const message of this.journal.read(number, seq)) this.journal.ack(message.seq, number); // the session is gone
    }
    return openMessages;
  }

  newSession(clientId: string, user: string, expiryMs: number): Session {
    const session = new Session(this, clientId, this.#nextNumber++, user, expiryMs);
    this.sessions.set(clientId, session);
    return session;
  }

  /** A session that ends with all that waits for it. */
  drop(session: Session): void {
    this.sessions.delete(session.clientId);
    session.discard();
  }

  /** @returns resolves when the sensor may be told that its message is safe. @throws when it is not: the sensor has to keep it */
  accept(message: Incoming): Promise<void> {
    this.figures.received++;
    if (message.retain) this.#retain(message);
    const open = new Set<Session>();
    const held: Held = {
      seq: ++this.#seq,
      topic: message.topic,
      payload: message.payload,
      retain: message.retain,
      properties: message.properties,
      open,
      stored: false,
      safe: undefined,
      failed: undefined,
      dueAtMs: 0,
    };
    let store = false;
    const wanted: Session[] = [];
    for (const session of this.sessions.values()) {
      const qos = session.qosFor(message.topic);
      if (qos === undefined) continue;
      if (qos === 0 || message.qos === 0) session.sendNow(held);
      else if (!session.lasting) session.addLossy(held);
      else {
        wanted.push(session);
        if (!session.isPrompt) store = true;
      }
    }
    if (wanted.length === 0) return Promise.resolve();
    if (!this.journal.takes && wanted.some((s) => s.isFull)) {
      this.figures.refused++;
      return Promise.reject(new Error('the disk is full: nothing more is taken until the gateway has read what waits'));
    }
    for (const session of wanted) open.add(session);
    this.heldBytes += message.payload.length;
    const safe = new Promise<void>((resolve, reject) => {
      const end = () => {
        held.safe = undefined;
        held.failed = undefined;
        this.heldBytes -= held.payload.length;
      };
      held.safe = () => {
        end();
        resolve();
      };
      held.failed = (error) => {
        end();
        reject(error);
      };
    });
    for (const session of wanted) session.add(held);
    if (held.safe) {
      if (store) this.#store(held);
      else this.#watch(held);
    }
    return safe;
  }

  /** A session has confirmed a message. */
  confirmed(session: Session, held: Held): void {
    if (!held.open.delete(session)) return;
    this.figures.delivered++;
    if (held.stored) this.journal.ack(held.seq, session.number);
    if (held.open.size === 0) held.safe?.();
  }

  close(): void {
    this.options.clock.clear(this.#timer);
  }

  /** Writes it down for those that have not confirmed it. */
  #store(held: Held): void {
    if (held.stored || held.open.size === 0) return;
    if (!this.journal.takes) {
      this.#watch(held); // the sensor waits until it is delivered
      return;
    }
    held.stored = true;
    this.figures.stored++;
    const { seq, topic, payload, retain, properties } = held;
    this.journal.append({ seq, topic, payload, retain, properties, targets: [...held.open].map((s) => s.number) }).then(
      () => held.safe?.(),
      (error: Error) => {
        held.stored = false;
        held.failed?.(error);
      },
    );
  }

  #watch(held: Held): void {
    const { clock, graceMs } = this.options;
    held.dueAtMs = clock.monotonic() + graceMs;
    this.#due.push(held);
    this.#timer ??= clock.setTimer(graceMs, () => this.#look());
  }

  #look(): void {
    const { clock } = this.options;
    this.#timer = undefined;
    const nowMs = clock.monotonic();
    const due: Held[] = [];
    while (this.#due.length > 0 && (this.#due[0]!.dueAtMs <= nowMs || !this.#due[0]!.safe)) due.push(this.#due.shift()!);
    for (const held of due) if (held.safe) this.#store(held);
    if (this.#due.length > 0) this.#timer ??= clock.setTimer(Math.max(1, this.#due[0]!.dueAtMs - nowMs), () => this.#look());
  }

  #retain({ topic, payload, qos, properties }: Incoming): void {
    const old = this.retained.get(topic);
    if (old) this.#retainedBytes -= old.payload.length;
    this.retained.delete(topic);
    this.retainedChanged = true;
    if (payload.length === 0) return;
    const { maxRetained, maxRetainedBytes } = this.options;
    if (this.retained.size >= maxRetained || this.#retainedBytes + payload.length > maxRetainedBytes) {
      this.figures.dropped++;
      return;
    }
    this.#retainedBytes += payload.length;
    this.retained.set(topic, { payload, qos, properties });
  }

  /** Retained messages for a new subscription. */
  *retainedFor(filter: string): Generator<[string, Retained]> {
    for (const [topic, message] of this.retained) if (topicMatches(filter, topic)) yield [topic, message];
  }
}
