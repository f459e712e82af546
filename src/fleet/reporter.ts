// Tells an address what this gateway is: at each change, and once an hour. Late ones are dropped for the newest, since only the state counts. Made by fleet.ts.
import { createBackoff } from '../base/backoff.ts';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { type FleetHttp, serverError } from './http.ts';

export interface Reporter {
  /** The state is another one. */
  changed(): void;
  stop(): void;
}

const SOON_MS = 1_000;
const HOURLY_MS = 3_600_000;

export function createReporter(url: string, http: FleetHttp, state: () => object, clock: Clock, log: Log, random: () => number): Reporter {
  const backoff = createBackoff({ firstMs: 5_000, maxMs: 600_000, random });
  const stopping = new AbortController();
  let timer: TimerHandle | undefined;
  let problem = '';
  const arm = (ms: number) => {
    clock.clear(timer);
    if (!stopping.signal.aborted) timer = clock.setTimer(ms, () => void send());
  };
  const send = async (): Promise<void> => {
    try {
      const headers = { 'content-type': 'application/json' };
      const { status } = await http.send({ method: 'POST', url, headers, body: JSON.stringify(state()), signal: stopping.signal });
      if (status >= 300) throw serverError(url, `the server answered ${status}`);
      problem = '';
      backoff.reset();
      arm(HOURLY_MS * (0.8 + 0.4 * random()));
    } catch (error) {
      if (stopping.signal.aborted) return;
      const text = messageOf(error);
      if (text !== problem)
        log.warn({ code: 'FLEET', part: 'report', reason: text }, 'The state of this gateway could not be reported; trying again.');
      problem = text;
      arm(backoff.next());
    }
  };
  arm(SOON_MS * random());
  return {
    changed: () => arm(SOON_MS * random()),
    stop() {
      clock.clear(timer);
      stopping.abort(new Error('the gateway stops'));
    },
  };
}
