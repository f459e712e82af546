// One request and its reply over an open transport, with its time-out. Called by bus.ts; what the outcome means for the unit: life.ts.
import type { Clock, TimerHandle } from '../../../base/clock.ts';
import { checkReply, type ModbusRequest, misfitOf, oddityOf, type ReplyCheck } from '../frame.ts';
import type { OnFrame, Transport } from '../transport/transport.ts';

export type Outcome =
  | { kind: 'good'; data: Buffer }
  | { kind: 'exception'; code: number }
  | { kind: 'timeout' }
  /** A broadcast: it has no reply. */
  | { kind: 'sent' }
  | { kind: 'lost'; error: Error };

/** Not answered within the short wait, and still expected until the time-out (transports on which requests overlap). */
export interface Pending {
  kind: 'pending';
  late: Promise<Outcome>;
}

export interface Exchange {
  readonly outcome: Promise<Outcome | Pending>;
  /** The line is gone. */
  abort(error: Error): void;
}

export interface Waits {
  /** How long the line waits for the reply, beyond the time on the wire, ms. */
  waitMs: number;
  /** How long a reply is still taken, ms; more than `waitMs` only where requests overlap. */
  limitMs: number;
}

/** A driver that takes no bytes (flow control) must not hold the bus, ms. */
const SEND_LIMIT_MS = 1000;

/** A frame that is not the awaited reply. */
export interface StrayFrame {
  /** It came after the exchange was over. */
  readonly late: boolean;
  /** What it would have been, if it had come in time. */
  readonly check: ReplyCheck;
  /** Why it does not fit, when it looks like the reply all the same. */
  readonly oddity: string | undefined;
}

/** @param lenient a reply that is odd is taken */
export function startExchange(
  transport: Transport,
  request: ModbusRequest,
  { waitMs, limitMs }: Waits,
  clock: Clock,
  onStray: (stray: StrayFrame) => void,
  lenient = false,
): Exchange {
  const first = Promise.withResolvers<Outcome | Pending>();
  const late = Promise.withResolvers<Outcome>();
  const wireMs = transport.wireMs(request);
  const broadcast = request.unit === 0 && request.fn > 4 && transport.gapMs > 0;
  let timer: TimerHandle | undefined;
  let open = true;
  const finish = (outcome: Outcome) => {
    if (!open) return;
    open = false;
    clock.clear(timer);
    // where requests overlap a late reply still tells how long the line was blocked
    if (outcome.kind !== 'timeout' || !transport.overlaps) transport.forget?.(onFrame);
    // whoever waits: the second of the two is settled already, or nobody holds it
    first.resolve(outcome);
    late.resolve(outcome);
  };
  const waitedLong = () => {
    if (!transport.overlaps || limitMs <= waitMs) {
      finish({ kind: 'timeout' });
      return;
    }
    timer = clock.setTimer(limitMs - waitMs, () => finish({ kind: 'timeout' }));
    first.resolve({ kind: 'pending', late: late.promise });
  };
  const until = (ms: number, work: () => void) => {
    clock.clear(timer);
    timer = clock.setTimer(ms, work);
  };
  const onFrame: OnFrame = (frame) => {
    const oddity = open ? oddityOf(request, frame) : undefined;
    const check = checkReply(oddity && lenient ? { ...request, unit: frame[0]! } : request, frame);
    // where replies are numbered it is the answer to this request, however wrong
    if (!open || check.kind === 'foreign')
      onStray({ late: !open, check, oddity: oddity ?? (open && transport.overlaps ? misfitOf(request, frame) : undefined) });
    else finish(check);
  };
  until(waitMs + wireMs + SEND_LIMIT_MS, () => finish({ kind: 'timeout' }));
  transport.send(request, onFrame).then(
    () => {
      if (broadcast) finish({ kind: 'sent' });
      else if (open) until(waitMs + wireMs, waitedLong);
    },
    (error) => finish({ kind: 'lost', error: error as Error }),
  );
  return { outcome: first.promise, abort: (error) => finish({ kind: 'lost', error }) };
}
