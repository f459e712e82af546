// Property `interval` of push sources: only the last message of each interval goes on (connectors.md 0.1). Superseded messages are
// confirmed to their peer, since leaving them out is what the user asked for.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { Emit } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';

type Data = Parameters<Emit>[0];

export interface Downsampler {
  put(data: Data, meta: Meta | undefined, ack: (() => void) | undefined): void;
  /** @param release what waits is confirmed: no rule reads it any more */
  stop(release: boolean): void;
}

export function createDownsampler(
  clock: Clock,
  intervalMs: number,
  forward: (data: Data, meta: Meta | undefined, ack: (() => void) | undefined) => void,
): Downsampler {
  let last: { data: Data; meta: Meta | undefined; ack: (() => void) | undefined } | undefined;
  let timer: TimerHandle | undefined;
  const fire = () => {
    timer = undefined;
    const m = last;
    last = undefined;
    if (!m) return;
    timer = clock.setTimer(intervalMs, fire);
    forward(m.data, m.meta, m.ack);
  };
  return {
    put(data, meta, ack) {
      last?.ack?.();
      last = { data, meta, ack };
      timer ??= clock.setTimer(intervalMs, fire);
    },
    stop(release) {
      clock.clear(timer);
      timer = undefined;
      if (release) last?.ack?.();
      last = undefined;
    },
  };
}
