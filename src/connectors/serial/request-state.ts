// What is known of the instruments that a serial source asks, in figures and words. Pure. Used by poller.ts.
import type { DeviceReport } from '../../contract/device.ts';
import type { Request } from './requests.ts';

/** One lost answer is noise; an instrument is set aside when it stays silent. */
const NOISE_FAILURES = 1;

interface State {
  failures: number;
  failingSinceMs: number | undefined;
  reason: string;
  /** Not asked before (monotonic ms). */
  nextMs: number;
  lastReplyAtMs: number;
  replyMs: number | undefined;
  requests: number;
  timeouts: number;
  strays: number;
}

export interface RequestStates {
  asked(request: Request): void;
  answered(request: Request, nowMs: number, wallMs: number, tookMs: number): void;
  /** @param restMs how long it is not asked when it stays silent */
  failed(request: Request, nowMs: number, reason: string, restMs: number): void;
  stray(request: Request): void;
  isDue(request: Request, nowMs: number): boolean;
  report(line: string, nowMs: number): DeviceReport[];
}

export function createRequestStates(requests: readonly Request[]): RequestStates {
  const fresh = (): State => ({
    failures: 0,
    failingSinceMs: undefined,
    reason: '',
    nextMs: 0,
    lastReplyAtMs: 0,
    replyMs: undefined,
    requests: 0,
    timeouts: 0,
    strays: 0,
  });
  const states = new Map<Request, State>(requests.map((r) => [r, fresh()]));
  const of = (request: Request): State => {
    const state = states.get(request);
    if (!state) throw new Error(`request ${request.name} is none of this source`);
    return state;
  };
  return {
    asked: (request) => void of(request).requests++,
    answered(request, _nowMs, wallMs, tookMs) {
      const s = of(request);
      Object.assign(s, { failures: 0, failingSinceMs: undefined, reason: '', nextMs: 0, lastReplyAtMs: Math.trunc(wallMs) });
      s.replyMs = Math.round(tookMs * 10) / 10;
    },
    failed(request, nowMs, reason, restMs) {
      const s = of(request);
      s.failures++;
      s.timeouts++;
      s.failingSinceMs ??= nowMs;
      s.reason = reason;
      s.nextMs = s.failures > NOISE_FAILURES ? nowMs + restMs : 0;
    },
    stray: (request) => void of(request).strays++,
    isDue: (request, nowMs) => nowMs >= of(request).nextMs,
    report(line, nowMs) {
      return requests.map((request) => {
        const s = of(request);
        const failingMs = s.failingSinceMs === undefined ? 0 : Math.round(nowMs - s.failingSinceMs);
        const nextTryMs = Math.max(0, Math.round(s.nextMs - nowMs));
        const name = nameOf(request);
        const again = nextTryMs > 0 ? ` It is asked again in ${Math.ceil(nextTryMs / 1000)} s.` : '';
        const problem =
          s.failures === 0
            ? ''
            : `Instrument ${name} (${line}) has not answered for ${Math.round(failingMs / 1000)} s: ${s.reason}.${again} Check its power, its wiring, its address, and the settings of the line.`;
        return {
          name,
          line,
          state: s.failures > 0 ? 'silent' : s.lastReplyAtMs > 0 ? 'answering' : 'unasked',
          failingMs,
          lastReplyAtMs: s.lastReplyAtMs,
          ...(s.replyMs === undefined ? {} : { replyMs: s.replyMs }),
          points: { good: s.failures === 0 && s.lastReplyAtMs > 0 ? 1 : 0, stale: 0, bad: s.failures > 0 ? 1 : 0 },
          refused: {},
          requests: s.requests,
          timeouts: s.timeouts,
          strays: s.strays,
          nextTryMs,
          problem,
        };
      });
    },
  };
}

/** `weight`, or `read unit=01` when the request is sent to several. */
function nameOf({ name, columns }: Request): string {
  const members = Object.entries(columns).filter(([key]) => key !== 'request');
  return [name, ...members.map(([key, value]) => `${key}=${String(value)}`)].join(' ');
}
