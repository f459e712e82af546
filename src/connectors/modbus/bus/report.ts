// What people are told of a unit. Used by bus.ts and device-state.ts.
import { ioError } from '../../../base/errors/gateway-error.ts';
import { isTakenByLenient } from '../frame.ts';
import { type Failure, type Phase, phaseOf } from './life.ts';
import type { Unit, UnitFigures } from './unit.ts';

export interface UnitReport extends UnitFigures {
  readonly unit: number;
  readonly phase: Phase;
  readonly failure: Failure | undefined;
  /** How long it has been failing, ms; 0 when it answers. */
  readonly failingMs: number;
  /** When it is tried again, ms; 0 when it is not set aside. */
  readonly probeInMs: number;
}

export function reportOf(unit: Unit, nowMs: number, probeInMs: number): UnitReport {
  const { life } = unit;
  const failingMs = life.failingSinceMs === undefined ? 0 : nowMs - life.failingSinceMs;
  return { ...unit.figures, unit: unit.id, phase: phaseOf(life), failure: life.failure, failingMs, probeInMs };
}

export const refusal = (unit: number, probeInMs: number): Error =>
  ioError(`unit ${unit} does not answer; tried again in ${Math.ceil(probeInMs / 1000)} s`);

export const hintOf = ({ figures: { oddity } }: Unit): string =>
  oddity ? `; ${oddity}${isTakenByLenient(oddity) ? ': lenient: true takes them' : ''}` : '';
