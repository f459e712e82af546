// The state of one Modbus device in words: from what the bus knows of its unit and the qualities of its points. Pure. Used by device.ts.
import type { DeviceReport } from '../../contract/device.ts';
import type { UnitReport } from './bus/report.ts';
import { exceptionNames, isTakenByLenient } from './frame.ts';
import type { DeviceProps } from './options.ts';

export interface PointState {
  readonly quality: string;
  /** Why the device refuses it though it answers; '' = it does not. */
  readonly refused: string;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
const MAX_NAMED = 5;
/** Reasons of devices that want more time. */
const BUSY = new Set([exceptionNames[5], exceptionNames[6]]);

/** @param points what was read last, by name  @param unit undefined: never asked */
export function deviceReport(
  device: Pick<DeviceProps, 'name' | 'unit'>,
  line: string,
  points: ReadonlyMap<string, PointState>,
  unit: UnitReport | undefined,
): DeviceReport {
  const tally = { good: 0, stale: 0, bad: 0 };
  const refused: Record<string, string> = {};
  for (const [name, { quality, refused: why }] of points) {
    tally[quality === 'good' ? 'good' : quality === 'stale' ? 'stale' : 'bad']++;
    if (why) refused[name] = why;
  }
  const failing = unit?.failure !== undefined;
  const allRefused = points.size > 0 && Object.keys(refused).length === points.size;
  const base = {
    name: device.name,
    unit: device.unit,
    line,
    failingMs: Math.round(unit?.failingMs ?? 0),
    lastReplyAtMs: unit?.answeredAtMs ?? 0,
    ...(unit?.lastAnswerMs === undefined ? {} : { replyMs: unit.lastAnswerMs }),
    points: tally,
    refused,
    requests: unit?.requests ?? 0,
    timeouts: unit?.timeouts ?? 0,
    strays: unit?.strays ?? 0,
    nextTryMs: Math.round(unit?.probeInMs ?? 0),
  };
  const who = `Device ${device.name} (unit ${device.unit}, ${line})`;
  if (failing) {
    const state = unit.failure === 'gateway' ? 'unreachable' : 'silent';
    const again = base.nextTryMs > 0 ? ` It is tried again in ${Math.max(1, Math.ceil(base.nextTryMs / 1000))} s.` : '';
    const stale =
      tally.stale > 0 ? ` ${count(tally.stale, 'point')} still ${tally.stale === 1 ? 'shows its' : 'show their'} last value.` : '';
    const problem = `${who} has not answered for ${Math.round(base.failingMs / 1000)} s: ${unit.lastError}.${stale}${again} ${cureOf(unit)}`;
    return { ...base, state, problem };
  }
  if (Object.keys(refused).length === 0) return { ...base, state: unit?.answers ? 'answering' : 'unasked', problem: '' };
  const named = Object.entries(refused).slice(0, MAX_NAMED);
  const more = Object.keys(refused).length - named.length;
  const list = `${named.map(([name, why]) => `${name}: ${why}`).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
  const what = allRefused ? 'every point' : `${Object.keys(refused).length} of ${count(points.size, 'point')}`;
  return {
    ...base,
    state: allRefused ? 'refusing' : 'answering',
    problem: `${who} refuses ${what} (${list}). ${Object.values(refused).every((why) => BUSY.has(why)) ? 'Ask it less often.' : 'Check function, address and type in its profile.'}`,
  };
}

function cureOf(unit: UnitReport): string {
  if (unit.failure === 'gateway') return 'The gateway cannot reach it: check its power, its wiring and its unit id behind the gateway.';
  if (unit.failure === 'cuts')
    return 'The other units keep the line meanwhile. Check its unit id, function, address and count in its profile, or take it out of the connection.';
  if (isTakenByLenient(unit.oddity)) return 'Set lenient: true on the connection, or correct the gateway.';
  if (unit.oddity) return 'Check function, address and count in its profile; limits of the profile make requests shorter.';
  if (unit.strays > 0 && unit.answers === 0)
    return 'Frames come that do not fit its requests: check the unit id and the speed of the line.';
  return 'Check its power, its wiring, and its unit id, speed and parity.';
}
