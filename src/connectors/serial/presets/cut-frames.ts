// Cuts frames from the bytes of a line by looking at their head again and again. Used by framings of presets.
import type { ByteStore } from '../framing/byte-store.ts';

/** What a look at the head of the bytes has found. */
export interface Found {
  /** So many bytes are done with, at least one. */
  readonly bytes: number;
  readonly frame?: Buffer;
  /** Why a frame was left out. */
  readonly problem?: string;
}

/** @param look undefined: more bytes are needed */
export function cutFrames(
  store: ByteStore,
  look: (view: Buffer) => Found | undefined,
  drop: (problem: string) => void,
  out: (frame: Buffer) => void,
): void {
  while (store.length > 0) {
    const found = look(store.view());
    if (!found) return;
    if (found.problem !== undefined) drop(found.problem);
    store.skip(found.bytes);
    if (found.frame) out(found.frame);
  }
}
