// Modbus source: reads the points of its devices in cycles and emits one row per device and cycle (or per point). Quality and times are in meta().
import type { TimerHandle } from '../../base/clock.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Props } from '../../contract/props.ts';
import type { Emit, Source } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Row, Value } from '../../data/value.ts';
import type { ModbusBus } from './bus/bus.ts';
import { createDeviceReader, type DeviceReader, type Reading } from './device.ts';
import { acquireBus, lineKey, releaseBus } from './line.ts';
import {
  type DeviceProps,
  parseConnection,
  parseDevices,
  type SourceProps,
  sourceOptions,
  withConnectDelay,
  withProfileDefaults,
} from './options.ts';
import type { Profile } from './profile.ts';
import { hasProfile, loadProfile, PROFILE_LIBRARY } from './profile-file.ts';
import { parseAllow, parseListen } from './server/listener.ts';
import type { LineShare } from './share.ts';
import { keepDiscovering } from './sunspec/keep-discovering.ts';
import { SUNSPEC } from './sunspec/name.ts';

export function createModbusSource(): Source {
  let props: SourceProps;
  let bus: ModbusBus | undefined;
  /** The connection, with what profiles say about it. */
  let taken: SourceProps;
  let raw: Props = {};
  let unwatch: (() => void) | undefined;
  let timers: (() => void)[] = [];
  let readers: DeviceReader[] = [];
  let shared: { share: LineShare; release(): Promise<void> | void } | undefined;

  const start = (ctx: ConnectorContext, line: ModbusBus, device: DeviceProps, profile: Profile, emit: Emit) => {
    const reader = createDeviceReader(line, lineKey(props), device, profile, props, () => Math.trunc(ctx.clock.now()));
    readers.push(reader);
    const periods = new Map<number, Set<string>>();
    for (const name of new Set(profile.points.map((p) => p.interval))) {
      const ms = name === 'default' ? (profile.intervalsMs['default'] ?? props.intervalMs) : profile.intervalsMs[name]!;
      const classes = periods.get(ms) ?? new Set();
      classes.add(name);
      periods.set(ms, classes);
    }
    for (const [periodMs, classes] of periods) timers.push(startCycle(ctx, line, reader, periodMs, classes, emit, props));
  };

  /** The device says itself what it has. Until it does, it is asked again. */
  const discover = (ctx: ConnectorContext, line: ModbusBus, device: DeviceProps, emit: Emit) => {
    const placeholder = createDeviceReader(line, lineKey(props), device, NOTHING, props, () => Math.trunc(ctx.clock.now()));
    readers.push(placeholder);
    timers.push(
      keepDiscovering(ctx, line, device, (profile) => {
        readers.splice(readers.indexOf(placeholder), 1);
        start(ctx, line, device, profile, emit);
      }),
    );
  };

  return {
    configure(datasource, given) {
      raw = given;
      props = parseConnection<SourceProps>('modbus source', sourceOptions, raw);
      props.devices = parseDevices(props, datasource, raw);
      if (props.share) parseListen(props.share, 'share');
      parseAllow(props.shareAllow, 'shareAllow');
    },

    async open(ctx: ConnectorContext, emit: Emit) {
      const found = props.devices.map((d) => [d, profileOf(ctx, d)] as const);
      taken = withConnectDelay(
        props,
        raw,
        found.flatMap(([, p]) => p ?? []),
      );
      const line = acquireBus(ctx, taken);
      bus = line;
      if (props.share) {
        try {
          shared = (await import('./share.ts')).acquireShare(ctx, taken, line);
        } catch (error) {
          bus = undefined;
          await releaseBus(ctx, taken);
          throw error;
        }
      }
      unwatch = line.watch((up, message) => ctx.status(up ? 'connected' : 'disconnected', message));
      for (const [named, profile] of found) {
        if (profile) start(ctx, line, withProfileDefaults(named, profile, props.protocol), profile, emit);
        else discover(ctx, line, named, emit);
      }
    },

    devices: () => [...readers.map((r) => r.report()), ...(shared ? [shared.share.report()] : [])],

    async close(ctx) {
      for (const stop of timers) stop();
      timers = [];
      readers = [];
      unwatch?.();
      unwatch = undefined;
      // the share uses the bus
      const share = shared;
      shared = undefined;
      const line = bus;
      bus = undefined;
      if (share) await share.release();
      if (line) await releaseBus(ctx, taken);
    },
  };
}

const NOTHING: Profile = { file: SUNSPEC, points: [], intervalsMs: {}, limits: { maxRegisters: 125, maxCoils: 2000, maxGap: 0 } };

/** @returns undefined for a map that the device has to tell; a file of that name goes before  @throws Error */
function profileOf(ctx: ConnectorContext, d: DeviceProps): Profile | undefined {
  if (d.profile === SUNSPEC && !hasProfile(ctx.getRootPath(), SUNSPEC)) return undefined;
  return loadProfile(ctx.getRootPath(), d.profile, PROFILE_LIBRARY, d.parameters);
}

/** Reads at fixed moments of the monotonic clock. A cycle that is still under way when the next is due is late: the due one is skipped and counted. */
function startCycle(
  ctx: ConnectorContext,
  bus: ModbusBus,
  reader: DeviceReader,
  periodMs: number,
  classes: ReadonlySet<string>,
  emit: Emit,
  props: SourceProps,
): () => void {
  let stopped = false;
  let timer: TimerHandle | undefined;
  let dueMs = ctx.clock.monotonic();
  let busy = false;
  const reported: Reported = new Map();
  const late = (cycles: number) => {
    // while the line is away the connection's state tells
    if (cycles > 0 && bus.connected) ctx.dropped(cycles, `late cycle: device ${reader.device.name} needs longer than ${periodMs} ms`);
  };
  const tick = () => {
    if (stopped) return;
    const nowMs = ctx.clock.monotonic();
    // timers of the platform may fire up to 1 ms early: that is not a cycle, else it would be counted twice, once as late
    if (nowMs < dueMs) {
      timer = ctx.clock.setTimer(dueMs - nowMs, tick);
      return;
    }
    const skipped = Math.floor((nowMs - dueMs) / periodMs);
    late(skipped);
    dueMs += (skipped + 1) * periodMs;
    timer = ctx.clock.setTimer(Math.max(0, dueMs - ctx.clock.monotonic()), tick);
    if (busy) {
      late(1);
      return;
    }
    busy = true;
    reader
      .read(classes)
      .then(async (readings) => {
        if (!stopped) await publish(ctx, reader, readings, reported, emit, props);
      })
      .catch((error) => ctx.log.error({ code: 'INTERNAL', device: reader.device.name, error: String(error) }, 'A Modbus cycle failed.'))
      .finally(() => {
        busy = false;
      });
  };
  tick();
  return () => {
    stopped = true;
    ctx.clock.clear(timer);
  };
}

async function publish(
  ctx: ConnectorContext,
  reader: DeviceReader,
  readings: Reading[],
  reported: Reported,
  emit: Emit,
  props: SourceProps,
): Promise<void> {
  const { device } = reader;
  const base = { device: device.name, unit: BigInt(device.unit), profile: device.profile, time: BigInt(Math.trunc(ctx.clock.now())) };
  const sent = readings.filter((r) => isDue(r, reported));
  for (const r of sent) reported.set(r.point.name, { value: r.value, quality: r.quality });
  if (props.rows === 'point') {
    for (const r of sent) {
      if (r.value === null && !props.emitBad) continue;
      await emit(
        { device: device.name, point: r.point.name, value: r.value, quality: r.quality, ...(r.point.unit ? { unit: r.point.unit } : {}) },
        { ...base, quality: r.quality, at: BigInt(r.atMs) },
      );
    }
    return;
  }
  if (sent.length === 0 || (!props.emitBad && sent.every((r) => r.value === null))) return;
  const row: Row = { device: device.name };
  const quality: Record<string, Value> = {};
  const at: Record<string, Value> = {};
  for (const r of sent) {
    row[r.point.name] = r.value;
    quality[r.point.name] = r.quality;
    at[r.point.name] = BigInt(r.atMs);
  }
  await emit(row, { ...base, quality, at } as Meta);
}

/** What was sent last, per point. */
type Reported = Map<string, { value: Value; quality: string }>;

/** Report on change and deadband: a change of quality is a change. */
function isDue(r: Reading, reported: ReadonlyMap<string, { value: Value; quality: string }>): boolean {
  const { point } = r;
  if (!point.onChange && point.deadband === 0) return true;
  const before = reported.get(point.name);
  if (before === undefined || r.quality !== before.quality) return true;
  if (r.quality === 'good' && point.deadband > 0 && (typeof r.value === 'number' || typeof r.value === 'bigint'))
    return Math.abs(Number(r.value) - Number(before.value)) > point.deadband;
  return r.value !== before.value;
}
