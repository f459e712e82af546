// Merges points into few requests: points of one function whose registers lie together, or with a hole that the profile allows, within the device's limits.
import type { ReadFunction } from './frame.ts';
import type { Point, Profile } from './profile.ts';

export interface Block {
  readonly fn: ReadFunction;
  readonly address: number;
  readonly count: number;
  readonly points: readonly Point[];
}

/** Registers that must be read together for a point: its own, and those of its factor. */
const spanOf = (p: Point): { from: number; to: number } => {
  const f = p.factor ?? p;
  if (p.apart) {
    const to = Math.max(...p.apart) + 1;
    return { from: Math.min(p.address, f.address), to: p.factor ? Math.max(to, f.address + f.registers) : to };
  }
  return { from: Math.min(p.address, f.address), to: Math.max(p.address + p.registers, f.address + f.registers) };
};

/** @param isRefused registers (coils) over which no block may reach: the device may not have them */
export function mergeBlocks(
  points: readonly Point[],
  limits: Profile['limits'],
  isRefused: (fn: ReadFunction, address: number) => boolean = () => false,
): Block[] {
  const bridges = (fn: ReadFunction, from: number, to: number): boolean => {
    if (to - from > limits.maxGap) return false;
    for (let address = from; address < to; address++) if (isRefused(fn, address)) return false;
    return true;
  };
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
    for (const p of points
      .filter((q) => q.fn === fn && !q.sum)
      .sort((a, b) => spanOf(a).from - spanOf(b).from || a.registers - b.registers)) {
      const { from, to } = spanOf(p);
      if (members.length && bridges(fn, end, from) && Math.max(end, to) - start <= max) end = Math.max(end, to);
      else {
        flush();
        start = from;
        end = to;
      }
      members.push(p);
    }
    flush();
  }
  return blocks;
}

/** Two blocks of about as many points each; undefined when all points lie in the same registers. */
export function halves(block: Block): [Block, Block] | undefined {
  const points = [...block.points].sort((a, b) => spanOf(a).from - spanOf(b).from || a.registers - b.registers);
  const part = (members: readonly Point[]): Block => {
    const address = spanOf(members[0]!).from;
    return { fn: block.fn, address, count: Math.max(...members.map((p) => spanOf(p).to)) - address, points: members };
  };
  // the cut that lies nearest to the middle and separates registers
  const middle = points.length / 2;
  let cut = 0;
  for (let i = 1; i < points.length; i++) {
    const apart = points
      .slice(0, i)
      .every((p) => spanOf(p).to <= spanOf(points[i]!).from || p.factor !== undefined || points[i]!.factor !== undefined);
    if (apart && (cut === 0 || Math.abs(i - middle) < Math.abs(cut - middle))) cut = i;
  }
  return cut === 0 ? undefined : [part(points.slice(0, cut)), part(points.slice(cut))];
}
