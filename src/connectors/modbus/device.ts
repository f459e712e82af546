// One device of a source: reads the blocks of an interval class and makes values with quality out of them. Used by source.ts and lookup.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { DeviceReport } from '../../contract/device.ts';
import type { Value } from '../../data/value.ts';
import { type Block, halves, mergeBlocks } from './blocks.ts';
import type { ModbusBus } from './bus/bus.ts';
import { deviceReport, type PointState } from './device-state.ts';
import { exceptionNames, ModbusException } from './frame.ts';
import type { DeviceProps, SourceProps } from './options.ts';
import { readPoint } from './point-value.ts';
import type { Point, Profile } from './profile.ts';
import { sumOf } from './profile-values.ts';

/** `good`, `stale`, or `bad: <why>` (the exception's name, `no answer`, …). */
export type Quality = string;

export interface Reading {
  readonly point: Point;
  readonly value: Value;
  readonly quality: Quality;
  /** Wall time of the reply, epoch ms; 0 = never read. */
  readonly atMs: number;
  /** Why the device refuses the point, though it answers. */
  readonly refused?: string;
}

export interface DeviceReader {
  readonly device: DeviceProps;
  readonly profile: Profile;
  /** Reads all points of these interval classes. Never throws: failures are readings of bad quality. */
  read(intervals: ReadonlySet<string>): Promise<Reading[]>;
  /** Its state in words, for people. */
  report(): DeviceReport;
}

/** How long refused points are left out before the block is tried as a whole again. */
const LEFT_OUT_MS = 600_000;
/** The same for a block of which every part was refused: the device may only be starting. */
const ALL_REFUSED_MS = 60_000;

/** What was learned of a block that the device refused as a whole. */
interface Refusal {
  readonly untilMs: number;
  /** What is read instead. */
  readonly blocks: readonly Block[];
  /** Why the other points are refused. */
  readonly why: ReadonlyMap<Point, string>;
}

/** Exceptions that speak of the registers: a part of the block may still be read. */
const isAboutRegisters = (error: unknown): error is ModbusException =>
  error instanceof ModbusException && error.exceptionCode >= 1 && error.exceptionCode <= 4;

export function createDeviceReader(
  bus: ModbusBus,
  line: string,
  device: DeviceProps,
  profile: Profile,
  { onFailure, maxAgeMs }: Pick<SourceProps, 'onFailure' | 'maxAgeMs'>,
  now: () => number,
): DeviceReader {
  const states = new Map<string, PointState>();
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

  const failed = (point: Point, why: string, refused = ''): Reading => {
    const before = last.get(point.name);
    return onFailure === 'last' && before && (maxAgeMs === 0 || now() - before.atMs <= maxAgeMs)
      ? { point, value: before.value, quality: 'stale', atMs: before.atMs, refused }
      : { point, value: null, quality: `bad: ${why}`, atMs: before?.atMs ?? 0, refused };
  };

  const sums = profile.points.filter((p) => p.sum);
  /** As good as the worst of its parts. */
  const summed = (point: Point, readings: readonly Reading[]): Reading => {
    const part = (name: string) => readings.find((r) => r.point.name === name);
    const parts = point.sum!.flatMap(({ name }) => part(name) ?? []);
    const bad = parts.find((r) => r.value === null);
    if (bad) return failed(point, `its part ${bad.point.name}: ${bad.quality.replace(/^bad: /, '')}`);
    try {
      const value = sumOf(point.sum!, (name) => part(name)?.value ?? null);
      const quality = parts.find((r) => r.quality !== 'good')?.quality ?? 'good';
      const atMs = Math.min(...parts.map((r) => r.atMs));
      if (quality === 'good') last.set(point.name, { value, atMs });
      return { point, value, quality, atMs };
    } catch (error) {
      return failed(point, messageOf(error));
    }
  };

  const refusals = new Map<Block, Refusal>();

  const readBlock = async (block: Block): Promise<Reading[]> => {
    const refusal = refusals.get(block);
    if (refusal && refusal.untilMs > now()) return readAround(block, refusal);
    refusals.delete(block);
    const answer = await ask(block);
    if (!isAboutRegisters(answer.error)) return answer.readings;
    return block.points.length > 1 ? readApart(block) : answer.readings;
  };

  /** Reads the block without the points that the device refuses. */
  const readAround = async (block: Block, refusal: Refusal): Promise<Reading[]> => {
    const answers = await Promise.all(refusal.blocks.map(ask));
    // it refuses something else now: looked at as a whole in the next cycle
    if (answers.some(({ error }) => isAboutRegisters(error)) && refusal.why.size > 0) refusals.delete(block);
    return [...answers.flatMap(({ readings }) => readings), ...[...refusal.why].map(([point, why]) => failed(point, why, why))];
  };

  /** Finds out by halving which points of a refused block cannot be read, and remembers it. */
  const readApart = async (block: Block): Promise<Reading[]> => {
    const why = new Map<Point, string>();
    const readable = new Set<number>();
    const readings: Reading[] = [];
    let conclusive = true;
    const read = async (part: Block): Promise<void> => {
      const { readings: parts, error } = await ask(part);
      // points in the same registers stand and fall together
      const two = isAboutRegisters(error) ? halves(part) : undefined;
      if (two) {
        for (const half of two) await read(half);
        return;
      }
      readings.push(...parts);
      if (isAboutRegisters(error)) for (const p of part.points) why.set(p, reasonOf(error));
      else if (error) conclusive = false;
      else for (let address = part.address; address < part.address + part.count; address++) readable.add(address);
    };
    for (const half of halves(block) ?? [block]) await read(half);
    if (!conclusive) return readings;
    if (why.size === block.points.length) refusals.set(block, { untilMs: now() + ALL_REFUSED_MS, blocks: [block], why: new Map() });
    else {
      const rest = block.points.filter((p) => !why.has(p));
      const blocks = mergeBlocks(rest, profile.limits, (_fn, address) => !readable.has(address));
      refusals.set(block, { untilMs: now() + LEFT_OUT_MS, blocks, why });
    }
    return readings;
  };

  /** One request. Never throws: the error is handed on beside readings of bad quality. */
  const ask = async (block: Block): Promise<{ readings: Reading[]; error?: unknown }> => {
    let data: Buffer;
    try {
      data = await bus.request({ unit: device.unit, fn: block.fn, address: block.address, count: block.count }, device.settings);
    } catch (error) {
      const why = reasonOf(error);
      const refused = error instanceof ModbusException && !error.unreachable ? why : '';
      return { readings: block.points.map((p) => failed(p, why, refused)), error };
    }
    const atMs = now();
    const readings = block.points.map((point) => {
      try {
        const value = readPoint(point, block, data);
        last.set(point.name, { value, atMs });
        return { point, value, quality: 'good', atMs };
      } catch (error) {
        return failed(point, messageOf(error));
      }
    });
    return { readings };
  };

  return {
    device,
    profile,
    async read(intervals) {
      const readings = (await Promise.all(blocks(intervals).map(readBlock))).flat();
      for (const point of sums) if (intervals.has(point.interval)) readings.push(summed(point, readings));
      for (const r of readings) states.set(r.point.name, { quality: r.quality, refused: r.refused ?? '' });
      return readings;
    },
    report: () => deviceReport(device, line, states, bus.report(device.unit)),
  };
}

const reasonOf = (error: unknown): string =>
  error instanceof ModbusException ? (exceptionNames[error.exceptionCode] ?? `exception ${error.exceptionCode}`) : messageOf(error);
