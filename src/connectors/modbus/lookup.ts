// Modbus lookup table: asks the device that the join names (`ON plc.device = …` or `plc.unit = …`) for its points at that moment.
import type { Props } from '../../contract/props.ts';
import type { LookupSource } from '../../contract/source.ts';
import type { Row, Value } from '../../data/value.ts';
import type { ModbusBus } from './bus/bus.ts';
import { createDeviceReader, type DeviceReader } from './device.ts';
import { acquireBus, lineKey, releaseBus } from './line.ts';
import { parseConnection, parseDevices, type SourceProps, sourceOptions, withConnectDelay, withProfileDefaults } from './options.ts';
import { loadProfile, PROFILE_LIBRARY } from './profile-file.ts';

export function createModbusLookup(): LookupSource {
  let props: SourceProps;
  let taken: SourceProps;
  let raw: Props = {};
  let bus: ModbusBus | undefined;
  let readers: DeviceReader[] = [];
  return {
    configure(datasource, given) {
      raw = given;
      props = parseConnection<SourceProps>('modbus lookup', sourceOptions, raw);
      props.devices = parseDevices(props, datasource, raw);
    },
    open(ctx) {
      const profiles = new Map(
        props.devices.map((d) => [d, loadProfile(ctx.getRootPath(), d.profile, PROFILE_LIBRARY, d.parameters)] as const),
      );
      taken = withConnectDelay(props, raw, [...profiles.values()]);
      const line = acquireBus(ctx, taken);
      bus = line;
      readers = [...profiles].map(([d, profile]) =>
        createDeviceReader(line, lineKey(props), withProfileDefaults(d, profile, props.protocol), profile, props, () => ctx.clock.now()),
      );
    },
    async lookup(_ctx, fields, keys, values) {
      const wants = (r: DeviceReader) =>
        keys.every((k, i) => {
          const v = values[i] as Value;
          if (k === 'device') return v === r.device.name;
          if (k === 'unit') return Number(v) === r.device.unit;
          throw new Error(`a modbus lookup table is joined by device or unit, not by ${k}`);
        });
      const rows = await Promise.all(
        readers.filter(wants).map(async (r): Promise<Row> => {
          const readings = await r.read(new Set(r.profile.points.map((p) => p.interval)));
          const row: Row = { device: r.device.name, unit: BigInt(r.device.unit) };
          for (const reading of readings) row[reading.point.name] = reading.value;
          return row;
        }),
      );
      return fields.length === 0
        ? rows
        : rows.map((r) => Object.fromEntries(fields.filter((f) => r[f] !== undefined).map((f) => [f, r[f]])));
    },
    close(ctx) {
      const release = bus ? releaseBus(ctx, taken) : undefined;
      bus = undefined;
      readers = [];
      return release;
    },
  };
}
