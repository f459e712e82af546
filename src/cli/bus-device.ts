// Devices behind streams as the command line shows them. Used by `device list` and `device show`.

/** What `GET /devices` says of a device that a stream reads. */
export interface BusDevice {
  kind: 'bus';
  source: string;
  name: string;
  unit?: number;
  line: string;
  state: string;
  failingMs: number;
  lastReplyAtMs: number;
  replyMs?: number;
  points: { good: number; stale: number; bad: number };
  refused: Record<string, string>;
  requests: number;
  timeouts: number;
  strays: number;
  nextTryMs: number;
  problem: string;
}

export type Device<Port> = BusDevice | Port;

export const isBusDevice = (d: unknown): d is BusDevice => (d as { kind?: string }).kind === 'bus';

/** One line: state, place, time of the last reply. */
export function stateOf(d: BusDevice): string {
  if (d.problem) return d.problem;
  const place = `${d.line}${d.unit === undefined ? '' : `, unit ${d.unit}`}`;
  return `${d.state}  ${place}${d.replyMs === undefined ? '' : `, last reply after ${d.replyMs} ms`}`;
}
