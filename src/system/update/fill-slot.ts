// A new device has one slot: the other is empty, and after an update that was left it holds what was left. A slot that a bad card damages would have
// nothing to fall back to. Some time after a good start the running slot is copied into the other one, at leisure: only what differs is written, so that a
// cut costs nothing but the time. An update that comes meanwhile goes first and fills the slot anyway. Called by updater.ts; why not at the factory: docs/adr/0241.
import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** After each piece the card is free for others. */
const PAUSE_MS = 100;

export interface FillParts {
  readonly clock: Clock;
  /** After the start: the device has better things to do first. */
  readonly afterMs: number;
  /** The running slot into the other one, checked. @throws when it could not be done, or was stopped */
  copy(signal: AbortSignal): Promise<void>;
  /** The other slot holds a whole copy. */
  filled(): Promise<void>;
  failed(error: unknown): void;
}

export interface Filler {
  /** Waits for its time or works. */
  readonly busy: boolean;
  start(): void;
  /** Resolves when the other slot is not written any more. */
  stop(): Promise<void>;
}

export function createFiller({ clock, afterMs, copy, filled, failed }: FillParts): Filler {
  const ending = new AbortController();
  let work: Promise<void> | undefined;
  return {
    get busy() {
      return work !== undefined;
    },
    start() {
      if (work || ending.signal.aborted) return;
      work = (async () => {
        try {
          await clock.sleep(afterMs, ending.signal);
          await copy(ending.signal);
          if (!ending.signal.aborted) await filled();
        } catch (error) {
          // stopped: an update, or the end of the process
          if (!ending.signal.aborted) failed(error);
        } finally {
          work = undefined;
        }
      })();
    },
    async stop() {
      ending.abort();
      await work;
    },
  };
}

export interface CopyOptions {
  clock: Pick<Clock, 'sleep'>;
  signal: AbortSignal;
  /** What the machine keeps in memory of the target is forgotten, so that the second look reads the card. */
  forget(target: string): void;
}

/** Copies a slot: pieces that differ are written and synced, then everything is read again and compared.
 *  @returns bytes that were written
 *  @throws Error when the copy differs after it was written, when the target is smaller, when it was stopped */
export async function copySlot(source: string, target: string, { clock, signal, forget }: CopyOptions): Promise<number> {
  const from = openSync(source, 'r');
  const to = openSync(target, 'r+');
  const one = Buffer.allocUnsafe(CHUNK_BYTES);
  const two = Buffer.allocUnsafe(CHUNK_BYTES);
  let written = 0;
  /** @param differ is given what differs */
  const compare = async (differ: (piece: Buffer, at: number) => void): Promise<void> => {
    for (let at = 0; ; ) {
      signal.throwIfAborted();
      const length = readSync(from, one, 0, CHUNK_BYTES, at);
      if (length === 0) return;
      const piece = one.subarray(0, length);
      const there = readSync(to, two, 0, length, at);
      if (!piece.equals(two.subarray(0, there))) differ(piece, at);
      at += length;
      await clock.sleep(PAUSE_MS, signal);
    }
  };
  try {
    if (statSync(target).isFile() && statSync(target).size < statSync(source).size) throw new Error(`${target} is smaller than ${source}`);
    await compare((piece, at) => {
      writeSync(to, piece, 0, piece.length, at);
      fsyncSync(to);
      written += piece.length;
    });
    forget(target);
    await compare((_piece, at) => {
      throw new Error(`the copy differs at byte ${at} after it was written`);
    });
    return written;
  } finally {
    closeSync(from);
    closeSync(to);
  }
}
