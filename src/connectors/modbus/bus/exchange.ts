// One request and its reply over an open transport, with its time-out. Called by bus.ts; what the outcome means for the unit: life.ts.
import type { Clock, TimerHandle } from '../../../base/clock.ts';
import { checkReply, type ModbusRequest } from '../frame.ts';
import type { Transport } from '../transport/transport.ts';

export type Outcome =
  | { kind: 'good'; data: Buffer }
  | { kind: 'exception'; code: number }
  | { kind: 'timeout' }
  /** A broadcast: it has no reply. */
  | { kind: 'sent' }
  | { kind: 'lost'; error: Error };

export interface Exchange {
  readonly outcome: Promise<Outcome>;
  /** The line is gone. */
  abort(error: Error): void;
}

/** A driver that takes no bytes (flow control) must not hold the bus, ms. */
const SEND_LIMIT_MS = 1000;

/** @param waitMs beyond the time on the wire
 *  @param onStray a frame that is not the awaited reply; `late`: it came after the exchange was over */
export function startExchange(
  transport: Transport,
  request: ModbusRequest,
  waitMs: number,
  clock: Clock,
  onStray: (late: boolean) => void,
): Exchange {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const wireMs = transport.wireMs(request);
  const broadcast = request.unit === 0 && request.fn > 4 && transport.gapMs > 0;
  let timer: TimerHandle | undefined;
  let open = true;
  const finish = (outcome: Outcome) => {
    if (!open) return;
    open = false;
    clock.clear(timer);
    resolve(outcome);
  };
  const until = (ms: number) => {
    clock.clear(timer);
    timer = clock.setTimer(ms, () => finish({ kind: 'timeout' }));
  };
  until(waitMs + wireMs + SEND_LIMIT_MS);
  transport
    .send(request, (frame) => {
      const check = open ? checkReply(request, frame) : undefined;
      if (!check || check.kind === 'foreign') onStray(!open);
      else finish(check);
    })
    .then(
      () => {
        if (broadcast) finish({ kind: 'sent' });
        else if (open) until(waitMs + wireMs);
      },
      (error) => finish({ kind: 'lost', error: error as Error }),
    );
  return { outcome: promise, abort: (error) => finish({ kind: 'lost', error }) };
}
