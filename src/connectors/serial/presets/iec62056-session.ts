// The conversation with a meter of IEC 62056-21 in mode C: asked at the speed of the line, it says who it is and how fast it can, is told to go on at that speed, and
// sends its block. Started by ../source.ts for the preset; frames come from the line reader.
import type { Clock, TimerHandle } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors/gateway-error.ts';
import type { KeptPort } from '../../port/index.ts';

/** Speeds by the letter of the identification. */
const SPEEDS: Readonly<Record<string, number>> = { 0: 300, 1: 600, 2: 1200, 3: 2400, 4: 4800, 5: 9600, 6: 19_200 };
/** A block of 8 kB at 300 baud takes long; silence within it ends the wait. */
const BLOCK_MS = 120_000;
/** The meter changes its speed after so long. */
const SWITCH_MS = 300;

export interface Session {
  /** A frame of the line. */
  frame(frame: Buffer): void;
  stop(): void;
}

export interface SessionOptions {
  readonly clock: Clock;
  readonly port: Pick<KeptPort, 'write' | 'converse' | 'state' | 'setBaudRate'>;
  readonly baudRate: number;
  readonly pollMs: number;
  readonly timeoutMs: number;
  /** Addresses of the meters; '' = whichever hangs there. */
  readonly meters: readonly string[];
  reset(): void;
  block(frame: Buffer, meter: string): void;
  failed(meter: string, reason: string): void;
}

export function startSession(o: SessionOptions): Session {
  const { clock, port } = o;
  let stopped = false;
  let waiting: ((frame: Buffer | undefined) => void) | undefined;
  let wants: 'line' | 'block' = 'line';
  let pause: TimerHandle | undefined;

  const next = (what: 'line' | 'block', ms: number): Promise<Buffer | undefined> =>
    new Promise((resolve) => {
      wants = what;
      const timer = clock.setTimer(ms, () => waiting?.(undefined));
      waiting = (frame) => {
        waiting = undefined;
        clock.clear(timer);
        resolve(frame);
      };
    });

  const ask = async (meter: string): Promise<void> => {
    await port.setBaudRate(o.baudRate);
    o.reset();
    const answer = next('line', o.timeoutMs);
    await port.write(Buffer.from(`/?${meter}!\r\n`, 'latin1'));
    const line = await answer;
    if (stopped) return;
    if (!line) throw new Error(`no answer within ${o.timeoutMs} ms`);
    const id = line.toString('latin1');
    const letter = id[4]!;
    const speed = SPEEDS[letter];
    const block = next('block', BLOCK_MS);
    // modes A and B send at once; B at the speed of its letter
    if (speed !== undefined) {
      await port.write(Buffer.from(`\x060${letter}0\r\n`, 'latin1'));
      await clock.sleep(speed === o.baudRate ? 0 : SWITCH_MS / 2);
      await port.setBaudRate(speed);
    }
    const data = await block;
    if (stopped) return;
    if (!data) throw new Error('it said who it is, and sent no data');
    o.block(data, id.slice(1));
  };

  const round = async (): Promise<void> => {
    const startMs = clock.monotonic();
    if (port.state === 'connected')
      for (const meter of o.meters) {
        if (stopped) return;
        await port
          .converse(() => ask(meter))
          .catch((error: unknown) => {
            waiting?.(undefined);
            if (!stopped) o.failed(meter, messageOf(error));
          });
      }
    if (!stopped) pause = clock.setTimer(Math.max(100, startMs + o.pollMs - clock.monotonic()), () => void round());
  };
  void round();
  return {
    frame(frame) {
      // the own request comes back from an optical head
      if ((wants === 'block') === (frame[0] === 2)) waiting?.(frame);
    },
    stop() {
      stopped = true;
      clock.clear(pause);
      waiting?.(undefined);
    },
  };
}
