// What a command waits for, on one line of a terminal: bytes on their way to the gateway, its work, bytes on their way back. Shown only for what takes
// longer than a moment, and gone when it is over. Given to client.ts by cli.ts.

/** Of one call. */
export interface Transfer {
  sentBytes: number;
  /** Of the body. */
  toSendBytes: number;
  receivedBytes: number;
  /** Undefined: the gateway does not say. */
  toReceiveBytes: number | undefined;
}

export interface Meter {
  /** A call begins. @returns what it fills in, and its end */
  begin(toSendBytes: number): { transfer: Transfer; end(): void };
}

/** Nobody wants to read of less. */
const SHOW_AFTER_MS = 700;
const DRAW_EVERY_MS = 200;
const BAR = 30;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export function bar(share: number): string {
  const done = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return `[${'#'.repeat(done)}${'.'.repeat(BAR - done)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

export function progressLine(t: Transfer, elapsedMs: number): string {
  if (t.sentBytes < t.toSendBytes)
    return `${bar(t.sentBytes / t.toSendBytes)} sending, ${megabytes(t.sentBytes)} of ${megabytes(t.toSendBytes)}`;
  if (t.receivedBytes === 0) return `The gateway is working, ${Math.floor(elapsedMs / 1000)} s`;
  if (t.toReceiveBytes === undefined) return `receiving, ${megabytes(t.receivedBytes)}`;
  return `${bar(t.receivedBytes / t.toReceiveBytes)} receiving, ${megabytes(t.receivedBytes)} of ${megabytes(t.toReceiveBytes)}`;
}

/** @param write to the terminal */
export function createMeter(write: (text: string) => void, nowMs: () => number = () => performance.now()): Meter {
  return {
    begin(toSendBytes) {
      const transfer: Transfer = { sentBytes: 0, toSendBytes, receivedBytes: 0, toReceiveBytes: undefined };
      const beganMs = nowMs();
      let drawn = false;
      const timer = setInterval(() => {
        const elapsedMs = nowMs() - beganMs;
        if (elapsedMs < SHOW_AFTER_MS) return;
        drawn = true;
        write(`\r\u001b[K${progressLine(transfer, elapsedMs)}`);
      }, DRAW_EVERY_MS);
      return {
        transfer,
        end() {
          clearInterval(timer);
          if (drawn) write('\r\u001b[K');
        },
      };
    },
  };
}
