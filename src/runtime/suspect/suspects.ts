// Finds the message that ends the process again and again, and the rule that it does it in, and keeps the two apart (ADR 0086). After an
// unclean end each evaluation is noted in memory that outlives the process; ten quiet minutes later that ends. A message that was under
// way at a death is tried alone; at the second death it goes to the dead letters and its rule is parked. While nothing is watched no call
// comes here. Made by the daemon before the store; used by source/source-node.ts, rule/rule-run.ts and rule/rule.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Emit } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Subscriber } from '../ports.ts';
import { ApartLine, type Receive } from './apart-line.ts';
import { type Data, identify, payloadOf } from './identify.ts';
import {
  afterDeath,
  afterPass,
  afterQuiet,
  CONDEMNED_AT,
  caseOf,
  forgotten,
  type Ledger,
  type Message,
  type ParkedRule,
  parkFor,
  released,
  verdictOf,
} from './ledger.ts';
import type { LetterBox } from './letters.ts';
import { type RecordFile, readRecord } from './record-file.ts';
import { parkedText, setAsideText } from './texts.ts';

/** Without a death for so long, watching ends. */
export const QUIET_MS = 10 * 60_000;

export interface SuspectsDeps {
  clock: Clock;
  log: Log;
  /** File of the record in memory; undefined: this machine has no place for it. */
  recordPath: string | undefined;
  openRecord(path: string): RecordFile;
  ledger: { load(): Ledger; save(ledger: Ledger): void };
}

/** A source as it is seen here. */
export interface WatchedSource {
  /** Type and datasource: the same after a restart. */
  readonly place: string;
  receive: Receive;
  /** A message was set aside for all rules. */
  setAside(): void;
}

/** The message under evaluation. */
interface Current {
  message: Message;
  data: Data;
  /** Rules with a case against it that were let at it. */
  tried: Set<string>;
}

export class Suspects {
  private readonly deps: SuspectsDeps;
  private ledger: Ledger;
  private record: RecordFile | undefined;
  private quietTimer: TimerHandle | undefined;
  private current: Current | undefined;
  private depth = 0;
  private letterBox: LetterBox | undefined;
  private readonly asideOf = new Map<string, number>();
  private readonly heldBack = new Map<string, Ack[]>();
  /** Why nothing can be recorded, for people; '' = it can, or need not. */
  problem = '';

  constructor(deps: SuspectsDeps) {
    this.deps = deps;
    this.ledger = deps.ledger.load();
  }

  /** Takes down what was under way when the process before died.
   *  @param counted the end was the gateway's own as far as crash protection can tell
   *  @param supervised systemd started it
   *  @returns what was under way; undefined = the death cannot be attributed */
  died(counted: boolean, supervised = false): { rule: string; message: Message | undefined } | undefined {
    const { recordPath, clock, log } = this.deps;
    const found = recordPath === undefined ? undefined : readRecord(recordPath);
    if (!found) return undefined;
    this.save(afterDeath(this.ledger, { ...found, atMs: clock.now(), counted, supervised }));
    const { rule, message } = found;
    log.warn(
      { code: 'SUSPECT_FOUND', ...(rule ? { rule } : {}), ...message },
      message ? 'The gateway ended while it evaluated this message.' : 'The gateway ended within a timer of this rule.',
    );
    return found;
  }

  /** Begins the run. @param watch the process before ended uncleanly */
  begin(watch: boolean): void {
    const { recordPath, clock, log, openRecord } = this.deps;
    if (!watch) return;
    try {
      if (recordPath === undefined)
        throw new Error('there is no file system in memory (tmpfs) for it: set basic.runtimeFolder, or RuntimeDirectory= of the unit');
      this.record = openRecord(recordPath);
      log.info({ file: recordPath }, 'After an unclean end messages are noted before their evaluation, for ten minutes.');
    } catch (error) {
      this.problem = `A message that ends the gateway cannot be found: ${messageOf(error)}.`;
      log.warn({ code: 'SUSPECT_RECORD', reason: messageOf(error) }, 'Messages cannot be noted before their evaluation.');
    }
    this.quietTimer = clock.setTimer(QUIET_MS, () => this.quiet());
  }

  /** The store is open: dead letters can be kept. */
  attach(letters: LetterBox): void {
    this.letterBox = letters;
  }

  /** A clean stop. */
  end(): void {
    this.quiet();
    this.letterBox?.close();
  }

  get letters(): LetterBox | undefined {
    return this.letterBox;
  }

  /** False on the happy path: nothing is wrapped then. */
  get engaged(): boolean {
    return this.record !== undefined || this.ledger.cases.length > 0;
  }

  parkedRule(rule: string): ParkedRule | undefined {
    return Object.hasOwn(this.ledger.parked, rule) ? this.ledger.parked[rule] : undefined;
  }

  /** Messages that were not evaluated by the rule since the start. */
  setAsideCount(rule: string): number {
    return this.asideOf.get(rule) ?? 0;
  }

  /** The user starts the rule as it is. */
  release(rule: string): void {
    if (this.parkedRule(rule)) this.save(released(this.ledger, rule));
  }

  /** The rule was edited or deleted. */
  forget(rule: string): void {
    if (this.parkedRule(rule) || this.ledger.cases.some((c) => c.rule === rule)) this.save(forgotten(this.ledger, rule));
  }

  // ------------------------------------------------------------------------------------------------------------- sources

  /** @returns what takes the messages of the source from now on */
  around(source: WatchedSource): Receive {
    const line = new ApartLine(this.deps.clock, (data, meta, confirm) => this.take(source, data, meta, confirm));
    return (data, meta, confirm) => {
      // within a rule's evaluation: rows of a memory topic belong to the message that they come from
      if (this.current !== undefined) return source.receive(data, meta, confirm);
      if (this.record === undefined && !line.busy && !this.mayBeKnown(source.place, data, meta)) return source.receive(data, meta, confirm);
      const message = identify(source.place, data, meta);
      const suspect = this.isSuspect(message);
      if (suspect || line.busy) return line.put(data, meta, confirm, suspect);
      return this.take(source, data, meta, confirm, message);
    };
  }

  private take(
    source: WatchedSource,
    data: Data,
    meta: Parameters<Emit>[1],
    confirm: (() => void) | undefined,
    message = identify(source.place, data, meta),
  ): void | Promise<void> {
    if (verdictOf(this.ledger, '', message) === 'condemned') {
      source.setAside();
      this.deps.log.warn(
        { code: 'MESSAGE_SET_ASIDE', ...message },
        'A message that ended the gateway is not evaluated; see the dead letters.',
      );
      return this.keepLetter('', message, data, () => confirm?.());
    }
    const current: Current = { message, data, tried: new Set() };
    this.current = current;
    const { record } = this;
    record?.message(message);
    try {
      return source.receive(data, meta, confirm);
    } finally {
      record?.messageDone();
      this.current = undefined;
      this.passed(current);
    }
  }

  private isSuspect(m: Message): boolean {
    const { cases } = this.ledger;
    return cases.some((c) => c.message.hash === m.hash && c.message.source === m.source && c.deaths < CONDEMNED_AT);
  }

  /** Without the record only messages that look like a known one are looked at. */
  private mayBeKnown(place: string, data: Data, meta: Parameters<Emit>[1]): boolean {
    const { cases } = this.ledger;
    if (cases.length === 0) return false;
    const topic = String(meta?.['topic'] ?? '');
    return cases.some(
      ({ message: m }) => m.source === place && topic.startsWith(m.topic) && (data instanceof Uint8Array ? data.length === m.bytes : true),
    );
  }

  private passed({ message, tried }: Current): void {
    if (this.ledger.cases.length === 0) return;
    let next = this.ledger;
    for (const rule of ['', ...tried]) if (verdictOf(next, rule, message) === 'suspect') next = afterPass(next, rule, message);
    if (next !== this.ledger) this.save(next);
  }

  // --------------------------------------------------------------------------------------------------------------- rules

  /** @param crash ends the run with an error
   *  @returns the subscriber that notes the rule, and keeps from it what it is condemned for */
  input(subscriber: Subscriber, crash: (error: unknown) => void): Subscriber {
    const rule = subscriber.ruleId;
    let refused: Current | undefined;
    /** Condemned: what comes behind the message waits for the rule's end, it might be the next of its kind. */
    let parking = false;
    const { index, columns, eventTime } = subscriber;
    return {
      ruleId: rule,
      index,
      columns,
      eventTime,
      push: (t) => {
        if (parking) return this.holdBack(rule, t.ack);
        const { current, ledger } = this;
        if (current !== undefined && ledger.cases.length > 0) {
          const verdict = verdictOf(ledger, rule, current.message);
          if (verdict === 'suspect') current.tried.add(rule);
          else if (verdict === 'condemned') {
            // other rows of the same message
            if (refused === current) return;
            refused = current;
            parking = !caseOf(ledger, rule, current.message)!.parked;
            return this.refuse(rule, current, subscriber, t.ack, crash);
          }
        }
        this.within(rule, () => subscriber.push(t));
      },
      end: (text) => subscriber.end(text),
      sourceError: (error, data, ack) => subscriber.sourceError?.(error, data, ack),
      stateChanged: () => subscriber.stateChanged?.(),
    };
  }

  /** The message goes to the dead letters instead of into the rule. When it is there it is confirmed, and the rule parked. */
  private refuse(
    rule: string,
    { message, data }: Current,
    subscriber: Subscriber,
    ack: Ack | undefined,
    crash: (error: unknown) => void,
  ): void {
    this.asideOf.set(rule, this.setAsideCount(rule) + 1);
    subscriber.sourceError?.(new GatewayError('RULE_PARKED', { text: setAsideText(message) }), payloadOf(data), ack);
    ack?.retain();
    const park = () => {
      const found = caseOf(this.ledger, rule, message);
      // it was parked for it before and started again as it is, or edited meanwhile
      if (!found || found.parked) return;
      this.save(parkFor(this.ledger, found, this.deps.clock.now()));
      crash(new GatewayError('RULE_PARKED', { text: parkedText(this.parkedRule(rule)!) }, { where: { rule } }));
    };
    // a disk that takes nothing keeps the message unconfirmed, and nothing else
    this.keepLetter(rule, message, data, () => ack?.release(), park);
  }

  private holdBack(rule: string, ack: Ack | undefined): void {
    if (!ack) return;
    ack.retain();
    const list = this.heldBack.get(rule);
    if (list) list.push(ack);
    else this.heldBack.set(rule, [ack]);
  }

  /** The parked rule has ended: where its source ended with it, the peer gives out again what was held back; elsewhere others read on. */
  letGo(rule: string): void {
    for (const ack of this.heldBack.get(rule) ?? []) ack.release();
    this.heldBack.delete(rule);
  }

  /** A clock whose timers are noted as the rule's doing: windows fire in them. */
  clockOf(rule: string, clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimer: (delayMs, fire) => clock.setTimer(delayMs, () => this.within(rule, fire)),
      clear: (handle) => clock.clear(handle),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    };
  }

  private within(rule: string, work: () => void): void {
    const { record } = this;
    if (record === undefined) return work();
    const depth = this.depth++;
    record.rule(depth, rule);
    try {
      work();
    } finally {
      record.ruleDone(depth);
      this.depth = depth;
    }
  }

  // ---------------------------------------------------------------------------------------------------------------------

  /** Durable first, then confirmed. */
  private keepLetter(rule: string, message: Message, data: Data, kept: () => void, tried?: () => void): void {
    this.letterBox?.put({ rule, message, payload: payloadOf(data), atMs: this.deps.clock.now() }, kept, tried);
  }

  private quiet(): void {
    this.deps.clock.clear(this.quietTimer);
    this.quietTimer = undefined;
    this.record?.end();
    this.record = undefined;
    const next = afterQuiet(this.ledger);
    if (next.cases.length !== this.ledger.cases.length || this.ledger.run.length > 0) this.save(next);
  }

  private save(next: Ledger): void {
    this.ledger = { ...next, savedAtMs: this.deps.clock.now() };
    this.deps.ledger.save(this.ledger);
  }
}
