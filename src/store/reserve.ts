// Space that is kept back, so that something can be deleted when the disk is full: SQLite needs room to delete. A file that holds nothing; it is
// given up in need and made again when there is room. Made with the first write of the store. Used by database.ts.
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface Reserve {
  /** Makes the file when it is missing and there is room. Never throws. */
  ensure(): void;
  /** Gives the space up. @returns false when there was none */
  release(): boolean;
  /** For health: why there is no reserve now. */
  readonly problem: string | undefined;
  close(): void;
}

const STEP_BYTES = 64 * 1024;
/** The reserve takes at most this part of what is free. */
const FREE_PARTS = 16;
const RESTORE_AFTER_MS = 10_000;

export interface ReserveOptions {
  file: string;
  /** Wished size. A small disk gets a smaller one. */
  maxBytes: number;
  clock: Clock;
  log: Log;
  /** Bytes free for us on the disk of the file. */
  freeBytes?: () => number;
}

export function createReserve(options: ReserveOptions): Reserve {
  const { file, maxBytes, clock, log } = options;
  const freeBytes = options.freeBytes ?? (() => freeBytesAt(dirname(file)));
  let made = false;
  let released = false;
  let timer: TimerHandle | undefined;

  const size = (): number => {
    try {
      return statSync(file).size;
    } catch {
      return 0; // not there
    }
  };
  const make = (): boolean => {
    const bytes = Math.min(maxBytes, Math.floor(freeBytes() / FREE_PARTS / STEP_BYTES) * STEP_BYTES);
    if (bytes <= 0) return false;
    const fd = openSync(file, 'w', 0o640);
    try {
      const zeros = Buffer.alloc(STEP_BYTES);
      for (let at = 0; at < bytes; at += STEP_BYTES) writeSync(fd, zeros);
      fsyncSync(fd);
      return true;
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
  };
  const ensure = (): void => {
    if (made) return;
    try {
      made = size() > 0 || make();
      if (made && released) log.info({ file: basename(file) }, 'The reserve for deletions is there again.');
      if (made) released = false;
    } catch (error) {
      log.warn({ code: 'STORE_RESERVE', file: basename(file), reason: messageOf(error) }, 'The reserve for deletions could not be made.');
    }
    if (!made) later();
  };
  const later = (): void => {
    timer ??= clock.setTimer(RESTORE_AFTER_MS, () => {
      timer = undefined;
      ensure();
    });
  };

  return {
    ensure,
    release() {
      if (size() === 0) return false;
      try {
        rmSync(file);
      } catch (error) {
        log.error({ code: 'STORE_RESERVE', file: basename(file), reason: messageOf(error) }, 'The reserve file could not be deleted.');
        return false;
      }
      made = false;
      released = true;
      log.warn(
        { code: 'STORE_RESERVE', file: basename(file) },
        'The disk is full: the reserve file was deleted so that other data can be deleted.',
      );
      later();
      return true;
    },
    get problem() {
      return released ? 'the disk was full; the reserve for deletions was used and comes back when there is space' : undefined;
    },
    close() {
      clock.clear(timer);
      timer = undefined;
    },
  };
}

/** Bytes that we may still write in a folder. */
export function freeBytesAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Number(bavail) * Number(bsize);
}
