// The unit of the data path: one row with its columns in numbered slots. Slots are given out at plan time (plan/bind), so that
// operators never look a name up. A source tuple is shared by all rules that read the subscription and must not be changed; a rule
// that needs slots of its own (analytic results, cached aliases, aggregates) works on one copy made by `widen`.
import type { Ack } from './ack.ts';
import type { Row, Value } from './value.ts';

/** Metadata of a message (`meta()` in SQL): topic, qos, messageId, file, … */
export type Meta = Readonly<Record<string, Value>>;

/** Time range of the window that a collection belongs to, epoch ms. */
export interface WindowRange {
  startMs: number;
  endMs: number;
  triggerMs: number;
}

export class Tuple {
  /** Values by slot. `undefined` = the field is absent, `null` = present null. */
  cols: Value[];
  /** Event time or arrival time, epoch ms. */
  tsMs: number;
  meta: Meta | undefined;
  /** Handle of the source message; undefined when the source asks for no acknowledgement. */
  ack: Ack | undefined;
  /** Set on rows of a window's output. */
  win: WindowRange | undefined;

  constructor(cols: Value[], tsMs: number, meta?: Meta, ack?: Ack, win?: WindowRange) {
    this.cols = cols;
    this.tsMs = tsMs;
    this.meta = meta;
    this.ack = ack;
    this.win = win;
  }
}

/** A private copy of a shared tuple with room for `slots` columns. */
export function widen(t: Tuple, slots: number): Tuple {
  const cols = t.cols.slice();
  while (cols.length < slots) cols.push(undefined);
  return new Tuple(cols, t.tsMs, t.meta, t.ack, t.win);
}

/** What leaves the SQL part of a rule: `rows` is one row for streaming rules and all rows of a window otherwise. */
export interface Result {
  rows: Row[];
  /** Handles that the sink holds until delivery (empty when the rows came from checkpointed state). */
  acks: readonly Ack[];
  /** Metadata of the first row, for `sendMetaToSink` and dynamic properties. */
  meta: Meta | undefined;
  tsMs: number;
  /** Indexes of the actions that get it (branches of a graph rule); undefined = all. */
  sinks?: readonly number[];
  /** Set when the result is an error that travels to the sinks (rule option sendError). */
  error?: string;
}
