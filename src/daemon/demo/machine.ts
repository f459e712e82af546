// A simulated machine with a temperature and a vibration sensor: slow drift and noise, dropouts (nothing is sent for some seconds) and
// now and then a fault (vibration first, then heat). Pure: the caller gives randomness and asks for one reading after the other.

export interface Reading {
  device: string;
  /** °C */
  temperature: number;
  /** mm/s, effective value */
  vibration: number;
  status: 'running' | 'fault';
  /** Epoch ms. */
  ts: number;
}

export interface Machine {
  readonly device: string;
  /** @returns undefined during a dropout */
  read(nowMs: number): Reading | undefined;
}

export interface MachineOptions {
  device: string;
  /** Steady values. */
  temperature: number;
  vibration: number;
  /** Time of the first fault after the start, ms; later ones come by chance. */
  firstFaultMs: number;
  random: () => number;
}

const FAULT_MS = 8_000;
const DROPOUT_MS = 4_000;
/** Chances per reading. */
const FAULT_CHANCE = 0.006;
const DROPOUT_CHANCE = 0.008;

export function createMachine({ device, temperature, vibration, firstFaultMs, random }: MachineOptions): Machine {
  let startMs: number | undefined;
  let drift = 0;
  let faultFromMs = Number.POSITIVE_INFINITY;
  let silentUntilMs = 0;
  let heat = 0;
  /** Sum of three dice: near enough to a bell curve, -1…1. */
  const noise = () => ((random() + random() + random()) * 2) / 3 - 1;
  return {
    device,
    read(nowMs) {
      if (startMs === undefined) {
        startMs = nowMs;
        faultFromMs = nowMs + firstFaultMs;
      }
      const inFault = nowMs >= faultFromMs && nowMs < faultFromMs + FAULT_MS;
      if (!inFault && nowMs >= faultFromMs + FAULT_MS && random() < FAULT_CHANCE) faultFromMs = nowMs;
      if (nowMs < silentUntilMs) return undefined;
      if (!inFault && nowMs - startMs > 10_000 && random() < DROPOUT_CHANCE) {
        silentUntilMs = nowMs + DROPOUT_MS;
        return undefined;
      }
      drift = drift * 0.98 + noise() * 0.15;
      heat = inFault ? Math.min(35, heat + 3.5) : heat * 0.85;
      return {
        device,
        temperature: round(temperature + drift + heat + noise() * 0.3, 2),
        vibration: round(Math.max(0, vibration * (inFault ? 4 : 1) + noise() * 0.2), 2),
        status: inFault ? 'fault' : 'running',
        ts: nowMs,
      };
    },
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
