// Modbus sink: writes columns whose names are writable points of the profile. Every value is checked before anything is written; written values are read back.
// An item counts as delivered when the device confirmed all of it.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { Sink } from '../../contract/sink.ts';
import type { Row, Value } from '../../data/value.ts';
import type { ModbusBus } from './bus.ts';
import { ModbusException } from './frame.ts';
import { acquireBus, releaseBus } from './line.ts';
import { parseConnection, type SinkProps, sinkOptions } from './options.ts';
import { unscaled, writeBytes } from './point-value.ts';
import type { Point, Profile } from './profile.ts';
import { loadProfile } from './profile-file.ts';

export function createModbusSink(): Sink {
  let props: SinkProps;
  let profile: Profile | undefined;
  let bus: ModbusBus | undefined;
  let unwatch: (() => void) | undefined;
  return {
    configure(raw) {
      props = parseConnection<SinkProps>('modbus sink', sinkOptions, raw);
      if (!props.unit.includes('{{')) toUnit(props.unit);
    },
    open(ctx) {
      profile = loadProfile(ctx.getRootPath(), props.profile);
      bus = acquireBus(ctx, props);
      unwatch = bus.watch((up, message) => ctx.status(up ? 'connected' : 'disconnected', message));
    },
    async collect(_ctx, data, dynamic) {
      const unit = toUnit(dynamic?.['unit'] ?? props.unit);
      const line = bus!;
      await line.inTurn(unit, async () => {
        for (const row of Array.isArray(data) ? data : [data as Row]) await writeRow(line, unit, profile!, props, row);
      });
    },
    close(ctx) {
      unwatch?.();
      unwatch = undefined;
      if (bus) releaseBus(ctx, props);
      bus = undefined;
    },
  };
}

/** An empty text is no 0: that would be everybody on the line. @throws rowError */
function toUnit(asked: unknown): number {
  const text = String(asked).trim();
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw rowError(`modbus sink: unit "${text}" is no number from 0 to 255`);
  return Number(text);
}

/** All values are checked first, so that a bad one leaves the device untouched. */
async function writeRow(bus: ModbusBus, unit: number, profile: Profile, props: SinkProps, row: Row): Promise<void> {
  const writes: { point: Point; value: Value; bytes: Buffer | undefined }[] = [];
  for (const [name, value] of Object.entries(row)) {
    const point = profile.points.find((p) => p.name === name);
    if (!point?.writable) {
      if (props.ignoreUnknown) continue;
      throw rowError(`modbus sink: ${name} is no writable point of profile ${props.profile}`);
    }
    if (value === null || value === undefined) continue;
    try {
      if (point.fn === 1 || point.bit !== undefined) {
        if (point.bits === 1 && typeof value !== 'boolean') throw new Error(`${String(value)} is not true or false`);
        if (point.bit !== undefined) bitsOf(point, value);
        writes.push({ point, value, bytes: undefined });
      } else writes.push({ point, value, bytes: writeBytes(point, value) });
    } catch (error) {
      throw rowError(`modbus sink: point ${name}: ${(error as Error).message}`);
    }
  }
  // nobody answers a broadcast
  const how = unit === 0 && props.protocol !== 'tcp' ? { ...props, readBack: false } : props;
  for (const w of writes) await writePoint(bus, unit, w.point, w.value, w.bytes, how);
}

async function writePoint(
  bus: ModbusBus,
  unit: number,
  point: Point,
  value: Value,
  bytes: Buffer | undefined,
  props: SinkProps,
): Promise<void> {
  if (point.fn === 1) {
    await bus.request({ unit, fn: 5, address: point.address, count: 1, data: Buffer.from(value ? [0xff, 0] : [0, 0]) }, props);
    if (props.readBack) {
      const back = await bus.request({ unit, fn: 1, address: point.address, count: 1 }, props);
      if ((back[0]! & 1) !== (value ? 1 : 0))
        throw rowError(`modbus sink: unit ${unit} point ${point.name}: wrote ${value}, but it reads ${(back[0]! & 1) === 1}`);
    }
    return;
  }
  if (point.bit !== undefined) return writeBits(bus, unit, point, value, props);
  const data = bytes!;
  if (point.registers === 1) await writeRegister(bus, unit, point.address, data, props);
  else await bus.request({ unit, fn: 16, address: point.address, count: point.registers, data }, props);
  if (!props.readBack) return;
  const back = await bus.request({ unit, fn: 3, address: point.address, count: point.registers }, props);
  if (!back.equals(data))
    throw rowError(
      `modbus sink: unit ${unit} point ${point.name}: wrote 0x${data.toString('hex')}, but it reads 0x${back.toString('hex')}`,
    );
}

/** Function 6; devices that only know 16 get that. */
async function writeRegister(bus: ModbusBus, unit: number, address: number, data: Buffer, props: SinkProps): Promise<void> {
  try {
    await bus.request({ unit, fn: 6, address, count: 1, data }, props);
  } catch (error) {
    if (!(error instanceof ModbusException) || error.exceptionCode !== 1) throw error;
    await bus.request({ unit, fn: 16, address, count: 1, data }, props);
  }
}

/** @throws Error when the value does not fit into the bits */
function bitsOf(point: Point, value: Value): number {
  if (point.registers !== 1) throw new Error('bits of values of several registers cannot be written');
  const raw = typeof value === 'boolean' ? value : unscaled(value, point);
  const number = typeof raw === 'boolean' || typeof raw === 'bigint' || typeof raw === 'number' ? Number(raw) : Number.NaN;
  if (!Number.isInteger(number) || number < 0 || number >= 1 << point.bits)
    throw new Error(`${String(value)} does not fit into ${point.bits} bits`);
  return number;
}

/** Bits of one register: by mask (function 22); a device that does not know it gets the register read, changed and written. */
async function writeBits(bus: ModbusBus, unit: number, point: Point, value: Value, props: SinkProps): Promise<void> {
  const number = bitsOf(point, value);
  const mask = ((1 << point.bits) - 1) << point.bit!;
  const or = number << point.bit!;
  const data = Buffer.alloc(4);
  data.writeUInt16BE(~mask & 0xffff, 0);
  data.writeUInt16BE(or, 2);
  try {
    await bus.request({ unit, fn: 22, address: point.address, count: 1, data }, props);
  } catch (error) {
    if (!(error instanceof ModbusException) || error.exceptionCode !== 1) throw error;
    const now = await bus.request({ unit, fn: 3, address: point.address, count: 1 }, props);
    const next = Buffer.alloc(2);
    next.writeUInt16BE((now.readUInt16BE(0) & ~mask & 0xffff) | or);
    await writeRegister(bus, unit, point.address, next, props);
  }
  if (!props.readBack) return;
  const back = (await bus.request({ unit, fn: 3, address: point.address, count: 1 }, props)).readUInt16BE(0);
  if ((back & mask) !== or)
    throw rowError(`modbus sink: unit ${unit} point ${point.name}: wrote ${number}, but it reads ${(back & mask) >> point.bit!}`);
}
