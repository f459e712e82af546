// The boot partition in memory, with the power cut that tears a write: bytes up to a place are new, the rest is old.
import type { Blocks } from '../../../src/system/boot/medium.ts';

export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

export interface MemoryBlocks extends Blocks {
  readonly files: Map<string, Buffer>;
  writes: string[];
  /** The write with this number (from 0) is cut: so many bytes of it are on the disk. */
  cut: { at: number; bytes: number } | undefined;
}

export function memoryBlocks(): MemoryBlocks {
  const files = new Map<string, Buffer>();
  const blocks: MemoryBlocks = {
    files,
    writes: [],
    cut: undefined,
    read: (name) => files.get(name),
    write(name, bytes) {
      const { cut, writes } = blocks;
      writes.push(name);
      if (cut && writes.length - 1 === cut.at) {
        const old = files.get(name) ?? Buffer.alloc(0);
        const torn = Buffer.concat([bytes.subarray(0, cut.bytes), old.subarray(cut.bytes)]);
        if (cut.bytes > 0) files.set(name, torn);
        throw new PowerCut();
      }
      files.set(name, Buffer.from(bytes));
    },
  };
  return blocks;
}
