// Finds the SunSpec map of a device: the mark "SunS" at one of three addresses, then the chain of models up to its end. What is found is a profile as if it had been
// written by hand. Called by ../source.ts for `profile: sunspec`.
import type { ModbusRequest } from '../frame.ts';
import { ModbusException } from '../frame.ts';
import type { Point, Profile } from '../profile.ts';
import { pointsOf } from './model-points.ts';
import { MODELS } from './models.ts';
import { SUNSPEC } from './name.ts';

const BASES = [40_000, 50_000, 0];
const MARK = 0x53756e53;
const END = 0xffff;
/** A chain that is longer is no chain. */
const MAX_MODELS = 64;
const SLOW_MS = 60_000;

export interface Found {
  readonly profile: Profile;
  /** Ids in their order, also of models that are not known. */
  readonly models: readonly number[];
}

/** @param read registers of the unit; rejects with ModbusException when they are refused
 *  @throws Error when no map is there, or it is broken; other errors of `read` */
export async function discoverSunSpec(read: (request: Omit<ModbusRequest, 'unit'>) => Promise<Buffer>): Promise<Found> {
  const registers = (address: number, count: number) => read({ fn: 3, address, count });
  let base: number | undefined;
  for (const address of BASES) {
    try {
      if ((await registers(address, 2)).readUInt32BE(0) === MARK) {
        base = address;
        break;
      }
    } catch (error) {
      // these registers are not there: the next place
      if (!(error instanceof ModbusException)) throw error;
    }
  }
  if (base === undefined)
    throw new Error(`no SunSpec map: none of the registers ${BASES.join(', ')} holds "SunS"; is SunSpec switched on in the device?`);
  const points: Point[] = [];
  const models: number[] = [];
  const seen = new Map<string, number>();
  for (let at = base + 2; ; ) {
    if (models.length >= MAX_MODELS || at + 2 > 65_536) throw new Error('the chain of SunSpec models has no end');
    const head = await registers(at, 2);
    const id = head.readUInt16BE(0);
    const length = head.readUInt16BE(2);
    if (id === END) break;
    if (length === 0 || at + 2 + length > 65_536) throw new Error(`the SunSpec model ${id} at ${at} says that it has ${length} registers`);
    models.push(id);
    const prefix = MODELS[id]?.prefix ?? '';
    const number = (seen.get(prefix) ?? 0) + 1;
    seen.set(prefix, number);
    points.push(...(pointsOf(id, at + 2, length, number) ?? []));
    at += 2 + length;
  }
  if (points.length === 0) throw new Error(`none of the SunSpec models ${models.join(', ')} is known`);
  const limits = { maxRegisters: 125, maxCoils: 2000, maxGap: 10 };
  return { profile: { file: SUNSPEC, points, intervalsMs: { slow: SLOW_MS }, limits }, models };
}
