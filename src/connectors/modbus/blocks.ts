// Merges points into few requests: points of one function whose registers lie together, or with a hole that the profile allows, within the device's limits.
import type { ReadFunction } from './frame.ts';
import type { Point, Profile } from './profile.ts';

export interface Block {
  readonly fn: ReadFunction;
  readonly address: number;
  readonly count: number;
  readonly points: readonly Point[];
}

export function mergeBlocks(points: readonly Point[], limits: Profile['limits']): Block[] {
  const blocks: Block[] = [];
  for (const fn of [1, 2, 3, 4] as const) {
    const max = fn <= 2 ? limits.maxCoils : limits.maxRegisters;
    let start = 0;
    let end = 0;
    let members: Point[] = [];
    const flush = () => {
      if (members.length) blocks.push({ fn, address: start, count: end - start, points: members });
      members = [];
    };
    for (const p of points.filter((q) => q.fn === fn).sort((a, b) => a.address - b.address || a.registers - b.registers)) {
      const pEnd = p.address + p.registers;
      if (members.length && p.address <= end + limits.maxGap && Math.max(end, pEnd) - start <= max) end = Math.max(end, pEnd);
      else {
        flush();
        start = p.address;
        end = pEnd;
      }
      members.push(p);
    }
    flush();
  }
  return blocks;
}
