// Subscribers of one connection that read its messages in the same way: same format, same declared fields. Each message is decoded once per
// group; nearly always there is one. A typed stream that is not SHARED decodes only the fields that a rule reads, as eKuiper does, so
// that a bad value in another field does not cost the row: rules with other columns are then another group. Used by source-node.ts.
import { Budget, type BudgetLimits, beginMessage, within } from '../../base/budget.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Decoder } from '../../contract/codec.ts';
import type { Ack } from '../../data/ack.ts';
import { type BadFields, badFieldsOf, wholeRow, withoutBad } from '../../data/bad-fields.ts';
import { type Meta, Tuple } from '../../data/tuple.ts';
import type { Row, Value } from '../../data/value.ts';
import { Failing } from '../diagnosis/failing.ts';
import { sampleOf } from '../diagnosis/sample.ts';
import { countException, createNodeStats, type NodeStats } from '../node-stats.ts';
import type { Subscriber } from '../ports.ts';
import { createLane, type Lane } from './lane.ts';
import { createLayout, type Layout } from './layout.ts';

/** How a group reads messages. */
export interface DecodePlan {
  key: string;
  decoder: Decoder | undefined;
  /** The source gives bytes: decoding is a node of its own in status. */
  ofBytes?: boolean;
  /** Strict validation of declared fields; throws rowError. */
  validate: ((row: Row) => Row) | undefined;
  /** What decoding one message may cost; the defaults when absent. */
  budget?: BudgetLimits;
  /** Event time of a row, epoch ms; throws rowError. */
  eventTime: ((row: Row) => number) | undefined;
}

/** Payloads up to this size decode to little, unless the decoder says otherwise: they need no budget. What unpacks brings its own (source-pool.ts). */
const SMALL_BYTES = 4096;

export class DecodeGroup {
  readonly plan: DecodePlan;
  /** recordsIn is the node's; the rest is counted here. */
  readonly stats: NodeStats = createNodeStats('decode');
  readonly layout: Layout = createLayout();
  undecodable = 0;
  /** Messages, and their bytes. */
  messages = 0;
  bytes = 0;
  /** Messages that failed here: the last one of them, and how they are spread. */
  readonly failing = new Failing();
  /** Subscriptions that were not closed. */
  users = 0;
  private last: Row | undefined;
  private readonly budget: Budget;
  private readonly arrival: Lane = createLane();
  private readonly event: Lane = createLane();
  private readonly subscribers = new Set<Subscriber>();
  /** Subscribers for which a bad field costs the row, whether they read it or not (sqlCompatibility ekuiper). */
  private wholeReaders = 0;

  constructor(plan: DecodePlan) {
    this.plan = plan;
    this.budget = new Budget('', plan.budget);
  }

  get ofBytes(): boolean {
    return this.plan.ofBytes === true;
  }

  get size(): number {
    return this.subscribers.size;
  }

  get members(): Iterable<Subscriber> {
    return this.subscribers;
  }

  add(s: Subscriber): void {
    this.subscribers.add(s);
    if (!s.standard) this.wholeReaders++;
    (s.eventTime ? this.event : this.arrival).add(s, (column) => this.layout.acquire(column));
  }

  /** @returns false when it was not in */
  remove(s: Subscriber): boolean {
    if (!this.subscribers.delete(s)) return false;
    if (!s.standard) this.wholeReaders--;
    (s.eventTime ? this.event : this.arrival).remove(s, (column) => this.layout.release(column));
    return true;
  }

  receive(data: Uint8Array | string | Row | Row[], nowMs: number, meta: Meta | undefined, ack: Ack | undefined): void {
    beginMessage();
    this.messages++;
    try {
      let rows: Row | Row[];
      if (typeof data === 'string' || data instanceof Uint8Array) rows = this.decode(data);
      else rows = data;
      if (Array.isArray(rows)) for (let i = 0; i < rows.length; i++) this.row(rows[i]!, nowMs, meta, ack);
      else this.row(rows, nowMs, meta, ack);
      this.stats.processed++;
    } catch (error) {
      // it can never succeed: counted, reported, confirmed (design §4)
      this.undecodable++;
      this.failed(error, nowMs, typeof data === 'string' || data instanceof Uint8Array ? data : undefined, ack);
    }
  }

  /** Gives one message to a subscriber that is about to join. Its failures are counted unless others of the group had the message already. */
  replay(s: Subscriber, data: Uint8Array | string | Row | Row[], nowMs: number, meta: Meta | undefined, ack: Ack | undefined): void {
    const report = (error: unknown, what: Uint8Array | string | Row | undefined) => {
      if (this.subscribers.size === 0) countException(this.stats, messageOf(error), nowMs);
      s.sourceError?.(error, what, ack);
    };
    let rows: Row[];
    try {
      const decoded = typeof data === 'string' || data instanceof Uint8Array ? this.decode(data) : data;
      rows = Array.isArray(decoded) ? decoded : [decoded];
    } catch (error) {
      if (this.subscribers.size === 0) this.undecodable++;
      return report(error, typeof data === 'string' || data instanceof Uint8Array ? data : undefined);
    }
    for (const raw of rows) {
      try {
        let row = this.plan.validate ? this.plan.validate(raw) : raw;
        const bad = badFieldsOf(row);
        if (bad !== undefined) {
          const error = errorFor(s, bad);
          if (error !== undefined) {
            report(error, raw);
            continue;
          }
          row = withoutBad(row, bad);
        }
        s.push(new Tuple(this.layout.extract(row), s.eventTime ? this.plan.eventTime!(row) : nowMs, meta, ack));
      } catch (error) {
        report(error, raw);
      }
    }
  }

  /** The last row, for samples that a person asks for; without fields that cannot be read. */
  get lastRow(): Row | undefined {
    const bad = this.last && badFieldsOf(this.last);
    return bad === undefined ? this.last : withoutBad(this.last!, bad);
  }

  /** True when no row had the column since somebody asked for it. */
  isUnseen(column: string): boolean {
    return this.layout.isUnseen(column);
  }

  failed(error: unknown, nowMs: number, data?: Uint8Array | string | Row, ack?: Ack): void {
    countException(this.stats, messageOf(error), nowMs);
    this.failing.happened(error, this.messages, nowMs, () => sampleOf(data));
    for (const s of this.subscribers) s.sourceError?.(error, data, ack);
  }

  private decode(data: string | Uint8Array): Row | Row[] {
    if (this.plan.decoder === undefined) throw new Error('the source gave bytes, but the stream has no format to read them');
    const { decoder } = this.plan;
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.bytes += bytes.length;
    return bytes.length > SMALL_BYTES || decoder.grows === true
      ? within(this.budget, 1, () => decoder.decode(bytes))
      : decoder.decode(bytes);
  }

  private row(raw: Row, nowMs: number, meta: Meta | undefined, ack: Ack | undefined): void {
    let row = raw;
    if (this.plan.validate !== undefined) {
      try {
        row = this.plan.validate(raw);
      } catch (error) {
        return this.failed(error, nowMs, raw, ack);
      }
    }
    let cols: Value[];
    try {
      cols = this.layout.extract(this.wholeReaders > 0 ? wholeRow(row) : row);
    } catch (error) {
      const bad = badFieldsOf(row);
      if (bad === undefined) return this.failed(error, nowMs, raw, ack);
      return this.partly(row, bad, nowMs, meta, ack);
    }
    this.stats.recordsOut++;
    this.last = raw;
    if (this.layout.unseen.length > 0) this.layout.look(cols);
    if (this.arrival.size > 0) this.arrival.dispatch(new Tuple(cols, nowMs, meta, ack));
    if (this.event.size > 0) {
      let tsMs: number;
      try {
        tsMs = this.plan.eventTime!(row);
      } catch (error) {
        return this.failed(error, nowMs, raw, ack);
      }
      this.event.dispatch(new Tuple(cols, tsMs, meta, ack));
    }
  }

  /** A field that some subscribers read is bad: they get the error, the others the row. */
  private partly(row: Row, bad: BadFields, nowMs: number, meta: Meta | undefined, ack: Ack | undefined): void {
    const cols = this.layout.extract(withoutBad(row, bad));
    let first: unknown;
    for (const s of [...this.subscribers]) {
      let error = errorFor(s, bad);
      let tsMs = nowMs;
      if (error === undefined && s.eventTime) {
        try {
          tsMs = this.plan.eventTime!(row);
        } catch (timeError) {
          error = timeError;
        }
      }
      if (error === undefined) s.push(new Tuple(cols, tsMs, meta, ack));
      else {
        first ??= error;
        s.sourceError?.(error, withoutBad(row, bad), ack);
      }
    }
    this.undecodable++;
    this.stats.recordsOut++;
    countException(this.stats, messageOf(first), nowMs);
    this.failing.happened(first, this.messages, nowMs, () => sampleOf(withoutBad(row, bad)));
  }
}

/** What a subscriber must be told instead of getting the row. */
function errorFor(s: Subscriber, bad: BadFields): unknown {
  if (!s.standard) for (const { error } of bad.values()) return error;
  for (const [column, { error, whole }] of bad)
    if (s.columns === undefined || s.columns.includes('*') || (whole && s.columns.includes(column))) return error;
  return undefined;
}
