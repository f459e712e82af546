// What the scheduler (bus.ts) keeps for one unit of its line: its life (life.ts) and the requests that wait for it.
import type { ModbusRequest } from '../frame.ts';
import { newLife, type UnitLife } from './life.ts';

export interface UnitSettings {
  timeoutMs: number;
  /** Further tries after the first. */
  retries: number;
  /** After a time-out the unit is not asked for so long. */
  quietMs: number;
  /** Pause before each request to this unit, beside the line's own gap. */
  gapMs: number;
  /** The time-out is waited for each time, no less of a unit in doubt and no more behind others (a scan must neither miss slow units nor stand still). */
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

/** Figures of one unit for people (health, `GET /devices`). */
export interface UnitFigures {
  requests: number;
  answers: number;
  timeouts: number;
  /** Exceptions by code. */
  exceptions: Record<number, number>;
  /** Late or foreign frames that carried its id. */
  strays: number;
  /** Time of the last answer beyond the time on the wire, ms. */
  lastAnswerMs: number | undefined;
  /** Wall time of the last answer, epoch ms; 0 = never. */
  answeredAtMs: number;
  lastError: string;
  /** What is odd about replies of it that could not be taken, in words; '' = nothing. */
  oddity: string;
}

export interface Unit {
  readonly id: number;
  readonly writes: Job[];
  readonly reads: Job[];
  readonly figures: UnitFigures;
  life: UnitLife;
  /** Not asked before (monotonic ms): a lost connection may be its doing. */
  heldUntilMs: number | undefined;
  /** From its last request to the reply, with what it waited behind others, ms. */
  tookMs: number;
  /** Ends when the last write sequence of this unit is done. */
  turn: Promise<unknown>;
}

/** A unit that was never asked. */
export const createUnit = (id: number): Unit => ({
  id,
  writes: [],
  reads: [],
  life: newLife,
  heldUntilMs: undefined,
  tookMs: 0,
  turn: Promise.resolve(),
  figures: {
    requests: 0,
    answers: 0,
    timeouts: 0,
    exceptions: {},
    strays: 0,
    lastAnswerMs: undefined,
    answeredAtMs: 0,
    lastError: '',
    oddity: '',
  },
});
