// Takes the rows of a source that must not be made to wait: the SDK ends a source whose message is not taken within a second, and says nothing. So
// a gateway that is behind keeps rows in memory up to a limit, slows the plugin down by pauses that are short enough for it, and beyond the limit
// discards rows, counted. Used by source.ts.
import type { Clock } from '../../base/clock.ts';

/** Between two reads of 64 KB. Linux lets a writer go on when three quarters of a full socket (208 KB) are read, and after a second the SDK ends it. */
const PAUSE_MS = 100;
const MAX_BYTES = 8 * 1024 * 1024;
/** What a message takes besides its content. */
const OVERHEAD_BYTES = 200;

export interface Intake {
  /** @returns a promise when the plugin is to be slowed down; it settles soon, whatever the gateway does */
  push(message: Buffer): void | Promise<void>;
  close(): void;
}

export interface IntakeSpec {
  clock: Clock;
  take(message: Buffer): void | Promise<void>;
  /** Called for each message that found no room. */
  discarded(): void;
  maxBytes?: number;
}

export function createIntake({ clock, take, discarded, maxBytes = MAX_BYTES }: IntakeSpec): Intake {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let busy = false;
  let closed = false;
  let pause: Promise<void> | undefined;
  const sizeOf = (message: Buffer) => message.length + OVERHEAD_BYTES;

  const slow = (): Promise<void> =>
    (pause ??= clock.sleep(PAUSE_MS).finally(() => {
      pause = undefined;
    }));
  /** Hands over what waits until the gateway is behind again. */
  const goOn = (): void => {
    busy = false;
    let n = 0;
    for (const message of waiting) {
      if (busy || closed) break;
      n++;
      bytes -= sizeOf(message);
      hand(message);
    }
    if (n > 0) waiting = waiting.slice(n);
  };
  const hand = (message: Buffer): void => {
    const wait = take(message);
    if (!wait) return;
    busy = true;
    void wait.then(goOn);
  };
  return {
    push(message) {
      if (closed) return;
      if (!busy) return hand(message);
      const size = sizeOf(message);
      if (bytes + size > maxBytes) discarded();
      else {
        waiting.push(message);
        bytes += size;
      }
      if (bytes > maxBytes / 2) return slow();
    },
    close() {
      closed = true;
      waiting = [];
      bytes = 0;
    },
  };
}
