// Messages over a byte stream: length (4 bytes, little endian) and a value in V8's serialization. Used by the gateway (containment/pen.ts) and by
// the plugin host (pen.ts). Imports nothing of ours. What comes from a plugin host is not trusted: lengths are bounded, garbage throws.
import { deserialize, serialize } from 'node:v8';

/** A batch of 512 rows of a few kB; more is not a message of ours. */
export const MAX_FRAME_BYTES = 32 * 1024 * 1024;

export function frameOf(value: unknown): Buffer {
  const body = serialize(value);
  if (body.length > MAX_FRAME_BYTES) throw new RangeError(`a message of ${body.length} bytes is larger than ${MAX_FRAME_BYTES}`);
  const frame = Buffer.allocUnsafe(body.length + 4);
  frame.writeUInt32LE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

export interface FrameReader {
  /** @returns bytes that wait for the rest of their frame */
  readonly waitingBytes: number;
  add(chunk: Buffer): void;
  /** @returns the next whole message and its size; undefined: more bytes are needed  @throws RangeError or what deserialize throws: garbage */
  next(): { value: unknown; bytes: number } | undefined;
}

export function createFrameReader(): FrameReader {
  let chunks: Buffer[] = [];
  let have = 0;
  let need = -1;
  const join = (): Buffer => {
    if (chunks.length !== 1) chunks = [Buffer.concat(chunks)];
    return chunks[0]!;
  };
  return {
    get waitingBytes() {
      return have;
    },
    add(chunk) {
      chunks.push(chunk);
      have += chunk.length;
    },
    next() {
      if (need < 0) {
        if (have < 4) return undefined;
        need = join().readUInt32LE(0);
        if (need > MAX_FRAME_BYTES) throw new RangeError(`a message of ${need} bytes is larger than ${MAX_FRAME_BYTES}`);
      }
      if (have < need + 4) return undefined;
      const all = join();
      const bytes = need + 4;
      const value: unknown = deserialize(all.subarray(4, bytes));
      chunks = all.length > bytes ? [all.subarray(bytes)] : [];
      have -= bytes;
      need = -1;
      return { value, bytes };
    },
  };
}
