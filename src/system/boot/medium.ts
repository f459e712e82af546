// The four files of the boot partition: reads them, writes a new record, sets the tally back, repairs what is torn. Each file is written in place when it
// is there and whole in length (its place on the disk stays, as GRUB needs it for save_env), one after the other with a sync between: a
// power cut can tear one of two copies. Called by update/updater.ts and main.ts; next file: facts.ts.
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';
import { isWholeBlock } from './env-block.ts';
import { type BootRecord, newer, parseRecord, parseTally, recordBlock, tallyBlock } from './record.ts';

/** Where blocks are kept. Tests give one in memory that tears writes. */
export interface Blocks {
  read(name: string): Uint8Array | undefined;
  /** On the disk when it returns. */
  write(name: string, bytes: Uint8Array): void;
}

export const RECORDS = ['boot1.env', 'boot2.env'] as const;
export const TALLIES = ['tries1.env', 'tries2.env'] as const;

export interface BootMedium {
  /** Undefined when no copy is whole. */
  read(): BootRecord | undefined;
  /** Writes both copies, the one that does not count first. @returns the record with its number */
  write(record: Omit<BootRecord, 'seq'>): BootRecord;
  /** Forgets the starts since the record: this one got far. Never call it while the record has a trial. */
  resetTally(): void;
  /** Makes torn and missing copies anew. @param lost the record to write when no copy is whole
   *  @returns names of files that were repaired */
  repair(lost: Omit<BootRecord, 'seq'>): string[];
}

export function createBootMedium(blocks: Blocks): BootMedium {
  const copies = () => RECORDS.map((name) => parseRecord(blocks.read(name)));
  const read = () => newer(copies()[0], copies()[1]);
  const put = (record: BootRecord) => {
    const [one, two] = copies();
    // The copy that counts is the last to be written.
    const order = one && newer(one, two) === one ? [1, 0] : [0, 1];
    for (const at of order) blocks.write(RECORDS[at]!, recordBlock(record));
    return record;
  };
  return {
    read,
    write: (record) => put({ ...record, seq: (read()?.seq ?? 0) + 1 }),
    resetTally() {
      const seq = read()?.seq ?? 0;
      for (const name of TALLIES) if (parseTally(blocks.read(name), seq) !== 0) blocks.write(name, tallyBlock(seq, 0));
    },
    repair(lost) {
      const found = copies();
      const record = newer(found[0], found[1]);
      const broken = RECORDS.filter((_, at) => found[at] === undefined || found[at].seq !== record?.seq);
      if (!record) put({ ...lost, seq: 1 });
      else for (const name of broken) blocks.write(name, recordBlock(record));
      // A tally of an older record is right: GRUB begins a new one. One that GRUB cannot read cannot be counted in.
      const seq = read()?.seq ?? 0;
      const starts = Math.max(0, ...TALLIES.map((name) => parseTally(blocks.read(name), seq) ?? 0));
      const unread = TALLIES.filter((name) => !isWholeBlock(blocks.read(name)));
      for (const name of unread) blocks.write(name, tallyBlock(seq, starts));
      return [...broken, ...unread];
    },
  };
}

/** @param folder e.g. `/boot/firmware/grub` */
export function fileBlocks(folder: string): Blocks {
  return {
    read(name) {
      try {
        return readFileSync(join(folder, name));
      } catch (error) {
        // Missing, or a bad sector: the other copy counts.
        if (['ENOENT', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
        throw error;
      }
    },
    write(name, bytes) {
      const file = join(folder, name);
      if (statSync(file, { throwIfNoEntry: false })?.size !== bytes.length) return writeDurably(file, bytes);
      const fd = openSync(file, 'r+');
      try {
        writeSync(fd, bytes, 0, bytes.length, 0);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    },
  };
}
