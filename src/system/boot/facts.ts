// What is known of this boot, from the kernel's command line alone (GRUB wrote it): the booted state, never the wanted one. Used by update/updater.ts.
import type { Slot } from '../update/installer.ts';
import { isSlot } from './record.ts';

/** Why GRUB took the slot. `trial`: a new version. `good`: the confirmed one. `other`: the confirmed one did not start eight times. `none`: no record
 *  was whole. `uncounted`: the tally could not be written. */
export const BOOT_REASONS = ['trial', 'good', 'other', 'none', 'uncounted'] as const;
export type BootReason = (typeof BOOT_REASONS)[number];

export interface BootFacts {
  readonly slot: Slot;
  readonly why: BootReason;
  /** Number of the record that GRUB read, 0 without one. */
  readonly seq: number;
  /** Starts since the last one that got far, this one included. */
  readonly starts: number;
}

/** @param commandLine of /proc/cmdline  @returns undefined on another machine than the appliance */
export function parseFacts(commandLine: string): BootFacts | undefined {
  const slot = /(?:^|\s)rauc\.slot=(\S+)/.exec(commandLine)?.[1];
  if (!isSlot(slot)) return undefined;
  const [, why, seq = '0', tally = ''] = /(?:^|\s)kuiper\.boot=(\w+):(\d+):(x*)(?=\s|$)/.exec(commandLine) ?? [];
  const reason = BOOT_REASONS.find((r) => r === why);
  // A boot partition of 0.1.0 says nothing more than the slot.
  return { slot, why: reason ?? 'uncounted', seq: Number(seq), starts: tally.length };
}
