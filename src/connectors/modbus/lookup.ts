// Modbus lookup table: asks the device that the join names (`ON plc.device = …` or `plc.unit = …`) for its points at that moment.
import type { LookupSource } from '../../contract/source.ts';
import type { Row, Value } from '../../data/value.ts';
import type { ModbusBus } from './bus/bus.ts';
import { createDeviceReader, type DeviceReader } from './device.ts';
import { acquireBus, lineKey, releaseBus } from './line.ts';
import { parseConnection, parseDevices, type SourceProps, sourceOptions } from './options.ts';
import { loadProfile } from './profile-file.ts';

export function createModbusLookup(): LookupSource {
  let props: SourceProps;
  let bus: ModbusBus | undefined;
  let readers: DeviceReader[] = [];
  return {
    configure(datasource, raw) {
      props = parseConnection<SourceProps>('modbus lookup', sourceOptions, raw);
      props.devices = parseDevices(props, datasource);
    },
    open(ctx) {
      const line = acquireBus(ctx, props);
      bus = line;
      readers = props.devices.map((d) =>
        createDeviceReader(line, lineKey(props), d, loadProfile(ctx.getRootPath(), d.profile), props, () => ctx.clock.now()),
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
      const release = bus ? releaseBus(ctx, props) : undefined;
      bus = undefined;
      readers = [];
      return release;
    },
  };
}
