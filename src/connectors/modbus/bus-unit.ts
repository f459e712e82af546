// What the scheduler (bus.ts) knows of one unit of its line, and the requests that wait for it.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { ModbusRequest } from './frame.ts';

export interface UnitSettings {
  timeoutMs: number;
  /** Further tries after the first. */
  retries: number;
  /** After a time-out the unit is not asked for so long. */
  quietMs: number;
  /** Pause before each request to this unit, beside the line's own gap. */
  gapMs: number;
  /** The whole time-out is waited for each time, also of a unit in doubt (a scan must not miss slow units). */
  patient?: boolean;
}

export interface BusCounters {
  requests: number;
  timeouts: number;
  exceptions: number;
  /** Frames that belonged to no request that waited: late, foreign, damaged. */
  strays: number;
  /** Requests refused because the unit is set aside. */
  refused: number;
}

export interface Job {
  readonly request: ModbusRequest;
  readonly settings: UnitSettings;
  tries: number;
  /** Longest wait of its tries, and time that all of them took, ms. */
  waitedMs: number;
  costMs: number;
  /** The same for all that ask for the same registers while it waits. */
  promise: Promise<Buffer>;
  resolve: (data: Buffer) => void;
  reject: (error: Error) => void;
}

export interface UnitState {
  readonly id: number;
  readonly writes: Job[];
  readonly reads: Job[];
  /** Monotonic ms before which it is not asked. */
  quietUntilMs: number;
  /** Set aside until then; 0 = alive. */
  asideUntilMs: number;
  /** When it last answered; undefined: never. */
  answeredAtMs: number | undefined;
  /** Slowest reply of late, beyond the time on the wire, ms. */
  slowestMs: number | undefined;
  /** Set aside a moment ago after it had answered: tried again soon, at most a few times, whatever the share of probes. */
  grace: boolean;
  /** Time that its silence cost, ms; taken out of the share of probes once it is clear that it is no noise. */
  owedMs: number;
  /** Its late reply was seen: the next try waits for the whole time-out. Once, until it answers. */
  heard: 'no' | 'yes' | 'used';
  readonly probes: Backoff;
  /** Ends when the last write sequence of this unit is done. */
  turn: Promise<unknown>;
}

export type Outcome =
  | { kind: 'good'; data: Buffer }
  | { kind: 'exception'; code: number }
  | { kind: 'timeout' }
  | { kind: 'sent' }
  | { kind: 'lost'; error: Error };

/** Probe pauses of a unit that is set aside. The first ones are short: two lost replies on a noisy line are no death. */
const FIRST_PROBE_MS = 250;
const MAX_PROBE_MS = 30_000;

/** A unit that was never asked. @param random 0..1, uniform */
export const createUnit = (id: number, random: () => number): UnitState => ({
  id,
  writes: [],
  reads: [],
  quietUntilMs: 0,
  asideUntilMs: 0,
  answeredAtMs: undefined,
  slowestMs: undefined,
  grace: false,
  owedMs: 0,
  heard: 'no',
  turn: Promise.resolve(),
  probes: createBackoff({ firstMs: FIRST_PROBE_MS, maxMs: MAX_PROBE_MS, random }),
});
