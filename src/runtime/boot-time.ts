// Time since the machine booted: it neither jumps when the clock is set nor begins anew with the gateway, so that the age of what was stored
// since then is known exactly. Made by index.ts; used by sink/durable-queue.ts.
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Clock } from '../base/clock.ts';

export interface BootTime {
  /** Identity of the boot; one of this process where the system does not tell. */
  readonly id: string;
  /** Milliseconds since then. */
  upMs(): number;
}

/** @param given for tests: the boot, and how long ago it was */
export function createBootTime(clock: Clock, given?: { id: string; upMs: number }): BootTime {
  const offsetMs = (given?.upMs ?? uptime() * 1000) - clock.monotonic();
  return { id: given?.id ?? readBootId(clock), upMs: () => Math.round(clock.monotonic() + offsetMs) };
}

function readBootId(clock: Clock): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `process ${process.pid} ${clock.now()}`; // not Linux: what an earlier process stored is judged by the wall clock
  }
}
