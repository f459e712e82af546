// Modbus sink: writes columns whose names are writable points of the profile. Every value is checked before anything is written; neighbours go into one
// request (write-plan.ts); written values are read back (write.ts).
// An item counts as delivered when the device confirmed all of it.
import { isGatewayError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Props } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import type { Row, Value } from '../../data/value.ts';
import { createVetting, type Vet } from '../../templates/rendered/index.ts';
import type { ModbusBus } from './bus/bus.ts';
import { ModbusException } from './frame.ts';
import { acquireBus, releaseBus } from './line.ts';
import { parseConnection, type SinkProps, sinkOptions, withConnectDelay } from './options.ts';
import { toPower, unscaled, writeBytes } from './point-value.ts';
import type { Point, Profile } from './profile.ts';
import { loadProfile } from './profile-file.ts';
import { type WriteTarget, writeGroup } from './write.ts';
import { type PointWrite, planWrites } from './write-plan.ts';

export function createModbusSink(): Sink {
  let props: SinkProps;
  let taken: SinkProps;
  let raw: Props = {};
  let profile: Profile | undefined;
  let bus: ModbusBus | undefined;
  let vet: Vet;
  let unwatch: (() => void) | undefined;
  const refused = new Set<string>();
  return {
    configure(given) {
      raw = given;
      props = parseConnection<SinkProps>('modbus sink', sinkOptions, raw);
      vet = createVetting(sinkOptions, raw);
      if (!props.unit.includes('{{')) toUnit(props.unit);
    },
    open(ctx) {
      profile = loadProfile(ctx.getRootPath(), props.profile);
      taken = withConnectDelay(props, raw, [profile]);
      bus = acquireBus(ctx, taken);
      unwatch = bus.watch((up, message) => ctx.status(up ? 'connected' : 'disconnected', message));
    },
    async collect(_ctx, data, dynamic) {
      const unit = toUnit(vet(dynamic)['unit'] ?? props.unit);
      const line = bus!;
      // nobody answers a broadcast
      const readBack = props.readBack && !(unit === 0 && props.protocol !== 'tcp');
      const target: WriteTarget = { bus: line, unit, settings: props, readBack, refused };
      await line.inTurn(unit, async () => {
        for (const row of Array.isArray(data) ? data : [data as Row]) await writeRow(target, profile!, props, row);
      });
    },
    close(ctx) {
      unwatch?.();
      unwatch = undefined;
      const release = bus ? releaseBus(ctx, taken) : undefined;
      bus = undefined;
      refused.clear();
      return release;
    },
  };
}

/** An empty text is not a 0: that would be everybody on the line. @throws rowError */
function toUnit(asked: unknown): number {
  const text = String(asked).trim();
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw rowError(`modbus sink: unit "${text}" is not a number from 0 to 255`);
  return Number(text);
}

/** All values are checked first, so that a bad one leaves the device untouched. */
async function writeRow(target: WriteTarget, profile: Profile, props: SinkProps, row: Row): Promise<void> {
  const writes: PointWrite[] = [];
  for (const [name, value] of Object.entries(row)) {
    const point = profile.points.find((p) => p.name === name);
    if (!point?.writable) {
      if (props.ignoreUnknown) continue;
      throw rowError(`modbus sink: ${name} is not a writable point of profile ${props.profile}`);
    }
    if (value === null || value === undefined) continue;
    try {
      writes.push(checked(point, value, await powerOf(target, point)));
    } catch (error) {
      // the device did not answer for the factor: that is not a fault of the row
      if (error instanceof ModbusException || isGatewayError(error)) throw error;
      throw rowError(`modbus sink: point ${name}: ${messageOf(error)}`);
    }
  }
  for (const group of planWrites(writes, profile.limits)) await writeGroup(target, group);
}

/** The factor of a point as it is now, asked from the device. @throws Error when the device does not answer, or has none */
async function powerOf({ bus, unit, settings }: WriteTarget, { factor }: Point): Promise<number | undefined> {
  if (!factor) return undefined;
  const bytes = await bus.request({ unit, fn: factor.fn, address: factor.address, count: factor.registers }, settings);
  return toPower(bytes, factor);
}

/** @throws Error when the value is none of the point */
function checked(point: Point, value: Value, power: number | undefined): PointWrite {
  if ((point.fn === 1 || (point.bit !== undefined && point.bits === 1)) && typeof value !== 'boolean')
    throw new Error(`${String(value)} is not true or false`);
  if (point.fn === 1) return { kind: 'coil', point, on: value === true };
  if (point.bit === undefined) return { kind: 'registers', point, bytes: writeBytes(point, value, power) };
  return { kind: 'bits', point, value, mask: ((1 << point.bits) - 1) << point.bit, or: bitsOf(point, value) << point.bit };
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
