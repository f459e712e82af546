// The ledger of one rule: which messages its peers still wait for, and why. It knows no clock, no store and no runtime: it is told what happened
// and says who may be confirmed. README.md has the states and the invariants. Kept by rule/run-checkpoint.ts; next: cadence.ts.
import type { Ack } from '../../data/ack.ts';
import { MessageAck } from './ack.ts';
import { SeenMessages } from './seen-messages.ts';

/** What a result or an asynchronous work must be done with before checkpoints may be committed. Each is retained by whoever carries it on. */
export type Debt = readonly Ack[];

export interface SealOptions {
  nowMs: number;
  /** Messages that the peer gives without confirmation, when known. */
  window: number | undefined;
}

const none: readonly Ack[] = [];

export class Ledger {
  /** The state changed since the last seal, or the last seal was not stored. */
  dirty = false;
  /** The rule keeps state: results are owed to checkpoints. */
  keepsState = false;
  /** Asynchronous works under way (lookups). */
  works = 0;
  private readonly early: boolean;
  private readonly seen = new SeenMessages();
  private held: Ack[] = [];
  /** Count of received messages at the oldest held one. */
  private heldFrom = 0;
  private sealed: { held: Ack[]; from: number; carried: boolean } | undefined;
  private epoch: MessageAck;
  private owedList: Debt;
  private settled: Promise<void>;
  /** Set while a work goes on: what it gives is owed to what the work was owed to. */
  private cause: Debt | undefined;

  /** @param early messages are confirmed before anything is done with them (ackPolicy early): nothing is held and nothing is owed */
  constructor(early = false) {
    this.early = early;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.epoch = new MessageAck(resolve);
    this.settled = promise;
    this.owedList = [this.epoch];
  }

  // ------------------------------------------------------------------------------------------------------------ messages

  /** A message went into the state: it is held until a checkpoint with it is committed.
   *  @param received messages of all sources so far  @param remember false: a repetition is counted again rather than lost
   *  @returns true when it is the first since the seal before */
  take(ack: Ack, received: number, remember = true): boolean {
    if (this.early) return false;
    ack.retain();
    if (remember && ack.identity !== 0) this.seen.add(ack.identity);
    if (this.held.push(ack) > 1) return false;
    this.heldFrom = received;
    return true;
  }

  /** True when the state holds this message already. */
  knows(identity: number): boolean {
    return this.seen.has(identity);
  }

  /** Messages of a run before, which are in the state that this run begins with. They are retained already. */
  adopt(acks: readonly Ack[], received: number): void {
    if (acks.length === 0) return;
    if (this.early || !this.keepsState) {
      for (const ack of acks) ack.release();
      return;
    }
    this.held = [...acks, ...this.held];
    this.heldFrom = received - this.held.length + 1;
  }

  get heldCount(): number {
    return this.held.length;
  }

  /** Messages that came since the oldest held one, it included. A peer that wants confirmations in order (MQTT) waits for all of them. */
  spanAt(received: number): number {
    return received - this.heldFrom + 1;
  }

  /** The state changed. @returns true when it had not since the last seal */
  touch(): boolean {
    if (this.dirty) return false;
    this.dirty = true;
    return true;
  }

  // ------------------------------------------------------------------------------------------------- results and works

  /** What is made of state now is owed to. */
  get owed(): Debt {
    if (this.early || !this.keepsState) return none;
    return this.cause ?? this.owedList;
  }

  /** Handles that a result carries to the sinks. @param acks of the messages that it is made of */
  owe(acks: readonly Ack[]): readonly Ack[] {
    if (this.early) return none;
    const { owed } = this;
    return acks.length === 0 ? owed : owed.length === 0 ? acks : [...acks, ...owed];
  }

  /** An asynchronous work begins: rows of state may be in it and nowhere else. @returns to be given to `resume` and `end` */
  begin(): Debt {
    this.works++;
    const debt = this.owed;
    for (const ack of debt) ack.retain();
    return debt;
  }

  /** The work goes on, synchronously, until `end`: its results are owed to what it was owed to, and to the epoch of now. */
  resume(debt: Debt): void {
    if (debt.length > 0 && !debt.includes(this.epoch)) this.cause = [...debt, this.epoch];
  }

  end(debt: Debt): void {
    this.cause = undefined;
    this.works--;
    for (const ack of debt) ack.release();
  }

  // --------------------------------------------------------------------------------------------------------- checkpoints

  /** The state was taken now: what is held goes with it, and a new epoch begins. Rows that a work still has are in no state: then the held
   *  messages are carried over to the next seal.
   *  @returns settles when everything that was owed before is delivered or stored: only then may the state be stored */
  seal({ nowMs, window }: SealOptions): Promise<void> {
    if (this.sealed) throw new Error('Ledger.seal within a seal');
    this.sealed = { held: this.held, from: this.heldFrom, carried: this.works > 0 };
    this.held = [];
    this.dirty = false;
    this.seen.next(nowMs, window);
    const { epoch, settled } = this;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.epoch = new MessageAck(resolve);
    this.settled = promise;
    this.owedList = [this.epoch];
    epoch.release();
    return settled;
  }

  /** The sealed state is stored: its messages are confirmed, unless they are carried over. */
  commit(): void {
    const { held, from, carried } = this.unseal();
    if (carried) this.putBack(held, from);
    else for (const ack of held) ack.release();
  }

  /** The sealed state could not be stored: its messages wait for the next seal, and there must be one. */
  abandon(): void {
    const { held, from } = this.unseal();
    this.putBack(held, from);
    this.dirty = true;
  }

  private unseal() {
    const { sealed } = this;
    if (!sealed) throw new Error('Ledger: nothing is sealed');
    this.sealed = undefined;
    return sealed;
  }

  private putBack(held: Ack[], from: number): void {
    if (held.length === 0) return;
    this.held = held.concat(this.held);
    this.heldFrom = from;
  }

  /** Messages that the sealed state holds. */
  get sealedCount(): number {
    return new Set(this.sealed?.held).size;
  }

  /** What the state holds is read again by another gateway, which confirms it: nothing is held here any more, in a seal under way neither. */
  renounce(): void {
    const list = [...this.giveBack(), ...(this.sealed?.held ?? [])];
    if (this.sealed) this.sealed = { ...this.sealed, held: [] };
    this.dirty = false;
    for (const ack of list) ack.release();
  }

  /** The rule ends: all that is held, no longer this ledger's. */
  giveBack(): readonly Ack[] {
    const { held } = this;
    this.held = [];
    return held;
  }

  // --------------------------------------------------------------------------------------------------------- for the state

  /** Identities of messages that are in the state; taken with it, before `seal`. */
  saveSeen(): Float64Array {
    return this.seen.save();
  }

  loadSeen(saved: Float64Array, nowMs: number): void {
    this.seen.load(saved, nowMs);
  }
}
