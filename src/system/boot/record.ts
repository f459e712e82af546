// Which slot is booted: a record in two copies on the boot partition, and a tally of starts, in two copies as well. Linux alone writes the record
// (one copy after the other, so that one is always whole); GRUB alone adds to the tally, before every start (image/boards/generic-uefi/choose.cfg),
// and Linux sets it back. A tally belongs to the sequence number of a record, so a new record begins with none. docs/adr/0200.
// Used by medium.ts; the choice itself is GRUB's, test/system/boot/choice.ts says the same in TypeScript and a test compares the two.
import { crc32 } from 'node:zlib';
import type { Slot } from '../update/installer.ts';
import { parseBlock, writeBlock } from './env-block.ts';

export interface BootRecord {
  /** Grows by one with each change; the higher one of two whole copies counts. */
  readonly seq: number;
  /** Booted when nothing is tried. */
  readonly good: Slot;
  /** Whether the other slot holds a version that was good: the way out when `good` does not start any more. */
  readonly otherIsGood: boolean;
  /** Booted {@link TRIAL_STARTS} times at most, then `good` again. */
  readonly trial?: Slot;
}

/** Starts of a new version before it is given up: power cuts count as well, so it is more than one. */
export const TRIAL_STARTS = 3;
/** Starts of a good slot in a row that do not even reach system services, before the other one is taken. */
export const GOOD_STARTS = 8;

export const otherSlot = (slot: Slot): Slot => (slot === 'A' ? 'B' : 'A');

const sumOf = (seq: string, good: string, other: string, trial: string): string =>
  crc32(`${seq} ${good} ${other} ${trial}`).toString(16).padStart(8, '0');

/** END repeats SEQ behind everything: GRUB, which cannot compute a checksum, sees by it that a write was cut. */
export function recordBlock({ seq, good, otherIsGood, trial = '' as Slot }: BootRecord): Buffer {
  const other = otherIsGood ? '1' : '0';
  return writeBlock([
    ['SEQ', String(seq)],
    ['GOOD', good],
    ['OTHER', other],
    ['TRIAL', trial],
    ['SUM', sumOf(String(seq), good, other, trial)],
    ['END', String(seq)],
  ]);
}

/** @returns undefined when the copy is torn or damaged */
export function parseRecord(bytes: Uint8Array | undefined): BootRecord | undefined {
  const values = parseBlock(bytes);
  const [seq = '', good = '', other = '', trial = ''] = ['SEQ', 'GOOD', 'OTHER', 'TRIAL'].map((name) => values?.get(name));
  if (!/^[1-9]\d{0,8}$/.test(seq) || values?.get('END') !== seq || values.get('SUM') !== sumOf(seq, good, other, trial)) return undefined;
  if (!isSlot(good) || !/^[01]$/.test(other) || (trial !== '' && !isSlot(trial))) return undefined;
  return { seq: Number(seq), good, otherIsGood: other === '1', ...(trial === '' || trial === good ? {} : { trial: trial as Slot }) };
}

export const isSlot = (text: unknown): text is Slot => text === 'A' || text === 'B';

/** The copy that counts, undefined when none is whole. */
export function newer(one: BootRecord | undefined, two: BootRecord | undefined): BootRecord | undefined {
  if (!one || !two) return one ?? two;
  return two.seq > one.seq ? two : one;
}

export const tallyBlock = (seq: number, starts: number): Buffer =>
  writeBlock([
    ['FOR', String(seq)],
    ['TALLY', 'x'.repeat(starts)],
    ['LAST', String(seq)],
  ]);

/** Starts since the record, in this copy; undefined when it is damaged or belongs to another record. */
export function parseTally(bytes: Uint8Array | undefined, seq: number): number | undefined {
  const values = parseBlock(bytes);
  if (values?.get('FOR') !== String(seq) || values.get('LAST') !== String(seq)) return undefined;
  const tally = values.get('TALLY') ?? '';
  return /^x*$/.test(tally) ? tally.length : undefined;
}
