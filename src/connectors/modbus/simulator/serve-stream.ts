// Carries a simulated controller as RTU over any byte stream (one end of a pty pair, a socket), with faults. Next: plc.ts.
import type { Duplex } from 'node:stream';
import { isSealed, sealed } from '../checksums.ts';
import { disturb, type Faults, REBOOT_MS } from './faults.ts';
import type { Plc } from './plc.ts';

export interface SimulatedLine {
  /** May be changed at any time. */
  faults: Faults;
  /** As a controller that starts anew: silent for so long, replies under way are lost, and so is what was written. */
  reboot(downMs: number): void;
  stop(): void;
}

/** @returns length of the request frame that begins with these bytes, 0 when more are needed, -1 when it is none */
function requestLength(b: Buffer): number {
  if (b.length < 7) return 0;
  const fn = b[1]!;
  if (fn >= 1 && fn <= 6) return 8;
  if (fn === 22) return 10;
  return fn === 15 || fn === 16 ? 9 + b[6]! : -1;
}

/** @param later delays, e.g. of a clock: calls `work` after `ms` */
export function serveStream(
  plc: Plc,
  stream: Duplex,
  later: (ms: number, work: () => void) => void = (ms, work) => void setTimeout(work, ms),
  random: () => number = Math.random,
): SimulatedLine {
  let rest: Buffer = Buffer.alloc(0);
  let down = false;
  let starts = 0;
  const line: SimulatedLine = {
    faults: {},
    reboot(downMs) {
      const era = ++starts;
      down = true;
      plc.restart();
      later(downMs, () => {
        if (era === starts) down = false;
      });
    },
    stop: () => void stream.off('data', take),
  };
  const serve = (request: Buffer) => {
    const f = line.faults;
    if (!down && f.reboot && random() < f.reboot) line.reboot(f.rebootMs ?? REBOOT_MS);
    if (down) return;
    const reply = random() < (f.exception ?? 0) ? Buffer.from([request[0]!, request[1]! | 0x80, 6]) : plc.answer(request);
    if (!reply) return;
    const foreign = () => {
      const other = Buffer.from(reply);
      other[0] = (other[0]! % 247) + 1;
      return sealed(other);
    };
    for (const { delayMs, frame } of disturb(request[0]!, sealed(reply), f, random, foreign)) {
      const era = starts;
      const send = () => void (stream.destroyed || era !== starts || stream.write(frame));
      if (delayMs > 0) later(delayMs, send);
      else send();
    }
  };
  const take = (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const size = requestLength(rest);
      if (size === 0 || size > rest.length) return;
      const frame = rest.subarray(0, size);
      if (size > 0 && isSealed(frame)) {
        rest = Buffer.from(rest.subarray(size));
        serve(Buffer.from(frame.subarray(0, -2)));
      } else rest = Buffer.from(rest.subarray(1));
    }
  };
  stream.on('data', take);
  return line;
}
