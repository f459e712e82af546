// Numbers of a window that would make it fire for ever or never. Checked when a rule starts: eKuiper accepts such rules too, and only
// running them fails; ours says why.
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { WindowSpec } from './spec.ts';

/** 100 years: beyond that a number is a mistake, and the calendar of the platform ends. */
const MAX_MS = 100 * 365.25 * 86_400_000;

/** A larger number is a mistake. */
const MAX_ROWS = 1_000_000_000;

/** @throws GatewayError RUNTIME_WINDOW_LENGTH */
export function checkLengths(spec: WindowSpec): void {
  const { kind, lengthMs = 0, intervalMs = lengthMs, delayMs = 0, count = 0 } = spec;
  const span = (what: string, ms: number, leastMs: number): void => {
    if (!(ms >= leastMs)) refuse(spec, what, leastMs === 0 ? 'at least 0' : 'greater than 0', ms);
    if (ms > MAX_MS) refuse(spec, what, 'at most 100 years', ms);
  };
  if (kind === 'tumbling') span('length', lengthMs, 1);
  if (kind === 'hopping') {
    span('length', lengthMs, 1);
    span('hop', intervalMs, 1);
  }
  if (kind === 'session') {
    span('longest session', lengthMs, 1);
    span('time-out', intervalMs, 1);
  }
  if (kind === 'sliding') {
    span('length', lengthMs, 0);
    span('delay', delayMs, 0);
  }
  if (kind === 'count' && !(count >= 1)) refuse(spec, 'number of rows', 'at least 1', count);
  if (kind === 'count' && count > MAX_ROWS) refuse(spec, 'number of rows', 'at most 1,000,000,000', count);
}

function refuse(spec: WindowSpec, what: string, bound: string, value: number): never {
  const shown = spec.kind === 'count' ? String(value) : `${value} ms`;
  throw new GatewayError('RUNTIME_WINDOW_LENGTH', { window: spec.kind, what, bound, value: shown });
}
