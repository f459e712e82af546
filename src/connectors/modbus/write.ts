// Sends one group of writes and reads it back. A device that does not take several at once gets them one by one, and is not asked for the whole again.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { ModbusBus } from './bus/bus.ts';
import type { UnitSettings } from './bus/unit.ts';
import { ModbusException } from './frame.ts';
import type { PointWrite, WriteGroup } from './write-plan.ts';

export interface WriteTarget {
  readonly bus: ModbusBus;
  readonly unit: number;
  readonly settings: UnitSettings;
  readonly readBack: boolean;
  /** Groups that a unit refused as a whole; kept by the sink. */
  readonly refused: Set<string>;
}

/** @throws ioError, ModbusException, rowError naming the points that read otherwise than written */
export async function writeGroup(target: WriteTarget, group: WriteGroup): Promise<void> {
  const key = `${target.unit} ${group.kind} ${group.address} ${group.count}`;
  if (group.kind === 'bits') await writeBits(target, group);
  else if (group.members.length > 1 && target.refused.has(key)) return writeApart(target, group);
  else
    try {
      await writeWhole(target, group);
    } catch (error) {
      if (group.members.length === 1 || !(error instanceof ModbusException) || error.exceptionCode > 3) throw error;
      // function, addresses or number are not taken together; one by one it is also clear which point is at fault
      target.refused.add(key);
      return writeApart(target, group);
    }
  if (target.readBack) await compare(target, group);
}

async function writeApart(target: WriteTarget, group: WriteGroup): Promise<void> {
  for (const w of group.members)
    await writeGroup(target, { kind: w.kind, address: w.point.address, count: w.point.registers, members: [w] });
}

async function writeWhole({ bus, unit, settings }: WriteTarget, { kind, address, count, members }: WriteGroup): Promise<void> {
  const data = wanted(kind, members);
  if (kind === 'coil') {
    if (count > 1) await bus.request({ unit, fn: 15, address, count, data }, settings);
    else await bus.request({ unit, fn: 5, address, count, data: Buffer.from([data[0] ? 0xff : 0, 0]) }, settings);
  } else if (count > 1) await bus.request({ unit, fn: 16, address, count, data }, settings);
  else await writeRegister(bus, unit, address, data, settings);
}

/** Packed coils, or register bytes. */
function wanted(kind: WriteGroup['kind'], members: readonly PointWrite[]): Buffer {
  if (kind !== 'coil') return Buffer.concat(members.map((w) => (w.kind === 'registers' ? w.bytes : Buffer.alloc(0))));
  const packed = Buffer.alloc(Math.ceil(members.length / 8));
  for (const [i, w] of members.entries()) if (w.kind === 'coil' && w.on) packed[i >> 3]! |= 1 << (i & 7);
  return packed;
}

/** Function 6; devices that only know 16 get that. */
async function writeRegister(bus: ModbusBus, unit: number, address: number, data: Buffer, settings: UnitSettings): Promise<void> {
  try {
    await bus.request({ unit, fn: 6, address, count: 1, data }, settings);
  } catch (error) {
    if (!(error instanceof ModbusException) || error.exceptionCode !== 1) throw error;
    await bus.request({ unit, fn: 16, address, count: 1, data }, settings);
  }
}

/** Mask and value of all bit fields of a register; of two columns for the same bits the later holds. */
function fieldOf(members: readonly PointWrite[]): { mask: number; or: number } {
  let mask = 0;
  let or = 0;
  for (const w of members) {
    if (w.kind !== 'bits') continue;
    mask |= w.mask;
    or = (or & ~w.mask) | w.or;
  }
  return { mask, or };
}

/** By mask (function 22); a device that does not know it gets the register read, changed and written. */
async function writeBits({ bus, unit, settings }: WriteTarget, { address, members }: WriteGroup): Promise<void> {
  const { mask, or } = fieldOf(members);
  const data = Buffer.alloc(4);
  data.writeUInt16BE(~mask & 0xffff, 0);
  data.writeUInt16BE(or, 2);
  try {
    await bus.request({ unit, fn: 22, address, count: 1, data }, settings);
  } catch (error) {
    if (!(error instanceof ModbusException) || error.exceptionCode !== 1) throw error;
    const now = await bus.request({ unit, fn: 3, address, count: 1 }, settings);
    const next = Buffer.alloc(2);
    next.writeUInt16BE((now.readUInt16BE(0) & ~mask & 0xffff) | or);
    await writeRegister(bus, unit, address, next, settings);
  }
}

async function compare({ bus, unit, settings }: WriteTarget, { kind, address, count, members }: WriteGroup): Promise<void> {
  const back = await bus.request({ unit, fn: kind === 'coil' ? 1 : 3, address, count }, settings);
  const field = fieldOf(members);
  const wrong: string[] = [];
  for (const w of members) {
    const at = w.point.address - address;
    if (w.kind === 'coil') {
      const is = ((back[at >> 3]! >> (at & 7)) & 1) === 1;
      if (is !== w.on) wrong.push(`point ${w.point.name}: wrote ${w.on}, but it reads ${is}`);
    } else if (w.kind === 'registers') {
      const is = back.subarray(at * 2, (at + w.point.registers) * 2);
      if (!is.equals(w.bytes))
        wrong.push(`point ${w.point.name}: wrote 0x${w.bytes.toString('hex')}, but it reads 0x${is.toString('hex')}`);
    } else {
      const is = back.readUInt16BE(0) & w.mask;
      const meant = field.or & w.mask;
      const low = w.point.bit!;
      if (is !== meant) wrong.push(`point ${w.point.name}: wrote ${meant >> low}, but it reads ${is >> low}`);
    }
  }
  if (wrong.length) throw rowError(`modbus sink: unit ${unit} ${wrong.join('; ')}`);
}
