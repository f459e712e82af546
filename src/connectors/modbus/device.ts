// One device of a source: reads the blocks of an interval class and makes values with quality out of them. Used by source.ts and lookup.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Value } from '../../data/value.ts';
import { type Block, mergeBlocks } from './blocks.ts';
import type { ModbusBus } from './bus/bus.ts';
import { exceptionNames, ModbusException } from './frame.ts';
import type { DeviceProps } from './options.ts';
import { readPoint } from './point-value.ts';
import type { Point, Profile } from './profile.ts';

/** `good`, `stale`, or `bad: <why>` (the exception's name, `no answer`, …). */
export type Quality = string;

export interface Reading {
  readonly point: Point;
  readonly value: Value;
  readonly quality: Quality;
  /** Wall time of the reply, epoch ms; 0 = never read. */
  readonly atMs: number;
}

export interface DeviceReader {
  readonly device: DeviceProps;
  readonly profile: Profile;
  /** Reads all points of these interval classes. Never throws: failures are readings of bad quality. */
  read(intervals: ReadonlySet<string>): Promise<Reading[]>;
}

/** How long a refused block is read point by point before it is tried as a whole again. */
const SPLIT_MS = 600_000;

export function createDeviceReader(
  bus: ModbusBus,
  device: DeviceProps,
  profile: Profile,
  onFailure: 'null' | 'last',
  now: () => number,
): DeviceReader {
  const last = new Map<string, { value: Value; atMs: number }>();
  const blocksOf = new Map<string, Block[]>();
  const blocks = (intervals: ReadonlySet<string>): Block[] => {
    const key = [...intervals].sort().join('|');
    let list = blocksOf.get(key);
    if (!list) {
      list = mergeBlocks(
        profile.points.filter((p) => intervals.has(p.interval)),
        profile.limits,
      );
      blocksOf.set(key, list);
    }
    return list;
  };

  const failed = (point: Point, why: string): Reading => {
    const before = last.get(point.name);
    return onFailure === 'last' && before
      ? { point, value: before.value, quality: 'stale', atMs: before.atMs }
      : { point, value: null, quality: `bad: ${why}`, atMs: before?.atMs ?? 0 };
  };

  /** Blocks that the device refused as a whole, and until when they are read point by point. */
  const splitUntilMs = new Map<Block, number>();
  const readApart = async (block: Block): Promise<Reading[]> =>
    (await Promise.all(block.points.map((p) => readBlock({ fn: block.fn, address: p.address, count: p.registers, points: [p] })))).flat();

  const readBlock = async (block: Block): Promise<Reading[]> => {
    if ((splitUntilMs.get(block) ?? 0) > now()) return readApart(block);
    let data: Buffer;
    try {
      data = await bus.request({ unit: device.unit, fn: block.fn, address: block.address, count: block.count }, device.settings);
    } catch (error) {
      // a hole that the device refuses must not cost the points around it: they are read one by one
      if (error instanceof ModbusException && error.exceptionCode === 2 && block.points.length > 1) {
        splitUntilMs.set(block, now() + SPLIT_MS);
        return readApart(block);
      }
      const why =
        error instanceof ModbusException ? (exceptionNames[error.exceptionCode] ?? `exception ${error.exceptionCode}`) : messageOf(error);
      return block.points.map((p) => failed(p, why));
    }
    const atMs = now();
    return block.points.map((point) => {
      try {
        const value = readPoint(point, block, data);
        last.set(point.name, { value, atMs });
        return { point, value, quality: 'good', atMs };
      } catch (error) {
        return failed(point, messageOf(error));
      }
    });
  };

  return {
    device,
    profile,
    async read(intervals) {
      const readings = (await Promise.all(blocks(intervals).map(readBlock))).flat();
      return readings;
    },
  };
}
