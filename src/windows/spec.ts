// A window of GROUP BY, compiled: what compile/ hands to exec/window.ts and what the window kinds in this folder read.
// Next: index.ts, which picks the kind.
import type { Expr } from '../contract/function.ts';

/** ww: weeks, mm: months, qq: quarters, yy: years. */
export type TimeUnit = 'yy' | 'qq' | 'mm' | 'ww' | 'dd' | 'hh' | 'mi' | 'ss' | 'ms';

/** A slot that is saved with a row, under a name that outlives the layout. */
export interface KeptSlot {
  slot: number;
  column: string;
}

/** State that lives in closures of a condition (hit counters, plugin functions); saved with the window. */
export interface ConditionState {
  /** 0 = none */
  readonly size: number;
  save(): unknown;
  load(state: unknown): void;
}

/** Options of the rule: maxKeys, keyTTL. */
export interface KeyLimits {
  /** Rows of further keys are refused. */
  maxKeys: number;
  /** A key without a row for so long is forgotten; 0 = never. */
  ttlMs: number;
}

export interface WindowSpec {
  kind: 'tumbling' | 'hopping' | 'sliding' | 'session' | 'count' | 'state';
  /** Time windows: length; session: maximum duration. ms */
  lengthMs?: number;
  /** Unit of the first argument, for alignment. */
  unit?: TimeUnit;
  /** Hop; session: time-out. ms */
  intervalMs?: number;
  /** Sliding. ms */
  delayMs?: number;
  /** Count window: rows of a window, and rows between windows (default: the same). */
  count?: number;
  countInterval?: number;
  /** FILTER(WHERE …) */
  filter?: Expr;
  /** OVER(WHEN …). Sliding: the rows that have a window. Others (standard SQL): a window is sent when one of its rows satisfies it. */
  when?: Expr;
  /** State window conditions. With `begin` alone each row that satisfies it closes the window and opens the next. */
  begin?: Expr;
  emit?: Expr;
  /** OVER(PARTITION BY …): each key has windows of its own. With eKuiper's answers for state windows only. */
  partitionBy?: readonly Expr[];
  eventTime: boolean;
  lateToleranceMs: number;
  timeZone: string;
  /** SQL's own answers instead of eKuiper's: calendar windows, per key, WHEN for all kinds (docs/adr/0120, 0121). */
  standard?: boolean;
  /** Marks of the clock are so much later: shifts 06–14–22 are 8 h with an offset of 6 h. */
  offsetMs?: number;
  /** Bounds of what is kept per key. */
  keyLimits?: KeyLimits;
  /** windowOption.windowVersion v2: sliding windows are open on the left */
  version2?: boolean;
  /** enableSendSlidingWindowTwice: a delayed sliding window comes in two parts */
  sendTwice?: boolean;
  /** Slots that must be kept of a row (others may be dropped when the row is stored and saved), by name. */
  keep: readonly KeptSlot[];
  /** False when nothing above reads a row's metadata: then it is not saved. Default true. */
  keepMeta?: boolean;
  /** State of `filter`, `when`, `begin`, `emit`. */
  conditions?: ConditionState;
}
