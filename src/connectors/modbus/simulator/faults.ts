// What goes wrong between a request and its reply: pure decisions, so that simulators and the fault proxy of the tests behave alike.
export interface Faults {
  /** Chances per reply, 0…1. */
  drop?: number;
  corrupt?: number;
  /** Only so many first bytes are damaged. Default: all. */
  corruptBytes?: number;
  late?: number;
  /** A reply of somebody else comes first. */
  foreign?: number;
  exception?: number;
  /** Delay of each reply, ms. */
  delayMs?: number;
  /** Delay of late replies, ms. */
  lateMs?: number;
  /** Chance per request that the controller starts anew: silent for `rebootMs` (default 2000), then with the values of power-up. */
  reboot?: number;
  rebootMs?: number;
  /** Units that need longer, ms instead of `delayMs`. */
  slow?: ReadonlyMap<number, number>;
  /** Units that are silent. */
  dead?: ReadonlySet<number>;
}

export const REBOOT_MS = 2000;

export interface Delivery {
  readonly delayMs: number;
  readonly frame: Buffer;
}

/** @param frame bytes as they go over the line  @param foreign makes the bytes of somebody else's reply; undefined when there is none
 *  @returns what really comes */
export function disturb(
  unit: number,
  frame: Buffer,
  faults: Faults,
  random: () => number,
  foreign?: () => Buffer | undefined,
): readonly Delivery[] {
  const delayMs = faults.slow?.get(unit) ?? faults.delayMs ?? 0;
  if (faults.dead?.has(unit)) return [];
  const out: Delivery[] = [];
  if (random() < (faults.foreign ?? 0)) {
    const other = foreign?.();
    if (other) out.push({ delayMs, frame: other });
  }
  if (random() < (faults.drop ?? 0)) return out;
  if (random() < (faults.late ?? 0)) return [...out, { delayMs: faults.lateMs ?? 0, frame }];
  return [...out, { delayMs, frame: random() < (faults.corrupt ?? 0) ? damaged(frame, faults, random) : frame }];
}

function damaged(frame: Buffer, { corruptBytes = frame.length }: Faults, random: () => number): Buffer {
  return Buffer.concat([burst(frame.subarray(0, corruptBytes), random), frame.subarray(corruptBytes)]);
}

/** Flips bits within 16 neighbouring ones, the first and last of them for sure. */
export function burst(frame: Buffer, random: () => number): Buffer {
  const out = Buffer.from(frame);
  const bits = frame.length * 8;
  const length = Math.min(bits, 1 + Math.floor(random() * 16));
  const first = Math.floor(random() * (bits - length + 1));
  for (let i = 0; i < length; i++) if (i === 0 || i === length - 1 || random() < 0.5) out[(first + i) >> 3]! ^= 0x80 >> ((first + i) & 7);
  return out;
}
