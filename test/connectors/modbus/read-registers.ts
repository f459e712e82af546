// Reads a profile out of registers that a test wrote down, through the same blocks and values as the source does.
import { mergeBlocks } from '../../../src/connectors/modbus/blocks.ts';
import { readPoint } from '../../../src/connectors/modbus/point-value.ts';
import type { Profile } from '../../../src/connectors/modbus/profile.ts';

export type Registers = Readonly<Record<string, readonly number[]>>;

/** @param registers e.g. { 'holding 40': [1, 2] } or { 'coil 7': [1] }; what is not there reads as 0
 *  @returns by point: the value, or the text of its error */
export function readRegisters(profile: Profile, registers: Registers): Record<string, unknown> {
  const codes = { coil: 1, discrete: 2, holding: 3, input: 4 };
  const cells = new Map<string, number>();
  for (const [place, values] of Object.entries(registers)) {
    const [way, address] = place.split(' ');
    const fn = codes[way as keyof typeof codes];
    if (!fn) throw new Error(`"${place}" does not begin with coil, discrete, holding or input`);
    for (const [i, v] of values.entries()) cells.set(`${fn}:${Number(address) + i}`, v);
  }
  const out: Record<string, unknown> = {};
  for (const block of mergeBlocks(profile.points, profile.limits)) {
    const data = Buffer.alloc(block.fn <= 2 ? Math.ceil(block.count / 8) : block.count * 2);
    for (let i = 0; i < block.count; i++) {
      const v = cells.get(`${block.fn}:${block.address + i}`) ?? 0;
      if (block.fn > 2) data.writeUInt16BE(v, i * 2);
      else if (v) data[i >> 3]! |= 1 << (i & 7);
    }
    for (const point of block.points)
      try {
        out[point.name] = readPoint(point, block, data);
      } catch (error) {
        out[point.name] = (error as Error).message;
      }
  }
  return out;
}
