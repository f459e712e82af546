// Properties of Modbus connections, devices, sources and sinks. Conf keys in etc/sources/modbus.yaml; one conf key is one line (bus) with its devices.
import { type OptionSpec, type Props, parseDurationMs, parseOptions } from '../../contract/props.ts';
import { type LineSettings, lineOptions, toLineSettings } from '../port/line.ts';
import { checkSelector, type PortSelector, selectorOptions } from '../port/select.ts';
import type { UnitSettings } from './bus/unit.ts';
import type { DeviceDefaults } from './profile-values.ts';

export const protocols = ['tcp', 'rtu', 'rtu-over-tcp', 'ascii', 'solarman'] as const;
export type Protocol = (typeof protocols)[number];

/** At a host and port, not at a serial port of this machine. */
export const isOnNetwork = (protocol: Protocol): boolean => protocol === 'tcp' || protocol === 'rtu-over-tcp' || protocol === 'solarman';
/** Replies carry the number of their request: a late one is known as such. */
export const isNumbered = (protocol: Protocol): boolean => protocol === 'tcp' || protocol === 'solarman';

export const connectionOptions: readonly OptionSpec[] = [
  {
    name: 'protocol',
    type: 'string',
    default: 'tcp',
    oneOf: protocols,
    doc: 'tcp, rtu (serial line), rtu-over-tcp (serial server), ascii (serial line), solarman (solar logger).',
  },
  { name: 'host', type: 'string', default: '', doc: 'tcp, rtu-over-tcp and solarman: address of the server.', example: '192.168.1.20' },
  { name: 'tcpPort', type: 'int', min: 1, max: 65_535, doc: 'tcp, rtu-over-tcp and solarman: its port. Default: 502, solarman 8899.' },
  {
    name: 'loggerSerial',
    type: 'int',
    default: 0,
    min: 0,
    max: 4_294_967_295,
    doc: 'solarman: serial number of the logger, as on its label. 0: the logger is asked for it.',
    example: 2712345678,
  },
  ...selectorOptions,
  ...lineOptions,
  { name: 'timeout', as: 'timeoutMs', type: 'duration', min: 10, doc: 'Longest time for a reply. Default: 1s, solarman 5s.' },
  { name: 'retries', type: 'int', default: 1, min: 0, max: 10, doc: 'Further tries before a unit is set aside.' },
  {
    name: 'quietTime',
    as: 'quietMs',
    type: 'duration',
    doc: 'After a time-out the unit is not asked for so long, so that a late reply cannot be taken for the next one. Default: the time-out (tcp and solarman, whose replies are numbered: 0).',
  },
  {
    name: 'gap',
    as: 'gapMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Pause before each request, beside the 3.5 characters of the line.',
  },
  {
    name: 'connectDelay',
    as: 'connectDelayMs',
    type: 'duration',
    default: 0,
    min: 0,
    max: 60_000,
    doc: 'tcp, rtu-over-tcp and solarman: pause after a connection was made, for devices that drop or ignore early requests.',
  },
  {
    name: 'lenient',
    type: 'bool',
    default: false,
    doc: 'tcp: replies are taken although their transaction id or unit is wrong (id 0 or one more, unit 0 or 255). One request at a time then; a late reply may be taken for the next.',
  },
];

export const sourceOptions: readonly OptionSpec[] = [
  ...connectionOptions,
  {
    name: 'profile',
    type: 'string',
    default: '',
    doc: 'Register map: etc/sources/modbus/<profile>.yaml; or sunspec: the device tells its map. Default: the DATASOURCE.',
  },
  { name: 'unit', type: 'int', default: 1, min: 0, max: 255, doc: 'Unit id, when there is one device.' },
  { name: 'parameters', type: 'map', default: {}, doc: 'Values for the parameters of the profile.', example: { base: 100 } },
  {
    name: 'devices',
    type: 'object[]',
    default: [],
    doc: 'Several devices on the line: {name, unit, profile?, parameters?, timeout?, retries?, quietTime?, gap?}.',
  },
  {
    name: 'interval',
    as: 'intervalMs',
    type: 'duration',
    default: 1000,
    min: 10,
    doc: 'Cycle of points without an interval class of their own.',
  },
  {
    name: 'rows',
    type: 'string',
    default: 'device',
    oneOf: ['device', 'point'],
    doc: 'device: one row per device and cycle; point: one row per point.',
  },
  {
    name: 'onFailure',
    type: 'string',
    default: 'null',
    oneOf: ['null', 'last'],
    doc: 'A point that could not be read: null (quality bad), or its last value (quality stale).',
  },
  {
    name: 'maxAge',
    as: 'maxAgeMs',
    type: 'duration',
    default: 600_000,
    min: 0,
    doc: 'With onFailure last: a value older than this becomes null. 0: no limit.',
  },
  { name: 'emitBad', type: 'bool', default: false, doc: 'Send a row also when no point of the device could be read.' },
  {
    name: 'share',
    type: 'string',
    default: '',
    doc: 'Other masters use the line through this gateway: a Modbus TCP server at PORT (this machine only) or ADDRESS:PORT, while the stream is read.',
    example: '0.0.0.0:1502',
  },
  {
    name: 'shareAllow',
    type: 'string[]',
    default: [],
    doc: 'Addresses and networks that may connect to the shared line. Empty: all that reach it.',
    example: ['192.168.1.20', '10.0.0.0/24'],
  },
  { name: 'shareWrites', type: 'bool', default: false, doc: 'Masters on the shared line may write; false: they read only.' },
];

export const sinkOptions: readonly OptionSpec[] = [
  ...connectionOptions,
  { name: 'profile', type: 'string', required: true, doc: 'Register map: etc/sources/modbus/<profile>.yaml.' },
  {
    name: 'unit',
    type: 'string',
    default: '1',
    dynamic: 'modbus-unit',
    doc: 'Unit id, 0 to 255; may hold a template, which never gives the broadcast address of a serial line.',
  },
  { name: 'readBack', type: 'bool', default: true, doc: 'Read what was written and compare.' },
  {
    name: 'ignoreUnknown',
    type: 'bool',
    default: true,
    doc: 'Ignore columns that are not writable points; false makes them an error.',
  },
];

export interface ConnectionProps extends UnitSettings {
  protocol: Protocol;
  host: string;
  tcpPort: number;
  loggerSerial: number;
  selector: PortSelector;
  line: LineSettings;
  connectDelayMs: number;
  lenient: boolean;
}

export interface DeviceProps {
  name: string;
  unit: number;
  profile: string;
  parameters: Readonly<Record<string, unknown>>;
  settings: UnitSettings;
  /** Settings that the user gave: the profile's own do not count. */
  given: ReadonlySet<string>;
}

export interface SourceProps extends ConnectionProps {
  profile: string;
  unit: number;
  parameters: Readonly<Record<string, unknown>>;
  intervalMs: number;
  rows: 'device' | 'point';
  onFailure: 'null' | 'last';
  maxAgeMs: number;
  emitBad: boolean;
  share: string;
  shareAllow: string[];
  shareWrites: boolean;
  devices: DeviceProps[];
}

export interface SinkProps extends ConnectionProps {
  profile: string;
  /** A number, or a template that gives one. */
  unit: string;
  readBack: boolean;
  ignoreUnknown: boolean;
}

/** @throws GatewayError or Error naming the property */
export function parseConnection<T extends ConnectionProps>(component: string, specs: readonly OptionSpec[], raw: Props): T {
  const p = parseOptions<Record<string, unknown>>(component, specs, raw);
  const protocol = String(p['protocol']).toLowerCase() as Protocol;
  p['tcpPort'] ??= protocol === 'solarman' ? 8899 : 502;
  // a logger asks the inverter over a slow line, and between its own requests
  p['timeoutMs'] ??= protocol === 'solarman' ? 5000 : 1000;
  const selector: PortSelector = {
    port: String(p['port'] ?? ''),
    vendorId: String(p['vendorId'] ?? ''),
    productId: String(p['productId'] ?? ''),
    serialNumber: String(p['serialNumber'] ?? ''),
  };
  if (isOnNetwork(protocol)) {
    if (!p['host']) throw new Error(`property host is required for protocol ${protocol}`);
  } else checkSelector(selector);
  const line = toLineSettings(p);
  // most RTU devices are shipped with 8E1 or 8N1: the user says it, nothing is guessed
  const quietMs = (p['quietMs'] as number | undefined) ?? (isNumbered(protocol) ? 0 : (p['timeoutMs'] as number));
  return { ...p, protocol, selector, line, quietMs } as unknown as T;
}

/** Devices of a source. @throws Error naming the device */
export function parseDevices(props: SourceProps & { devices: unknown }, datasource: string, raw: Props = {}): DeviceProps[] {
  const list = props.devices as unknown as Record<string, unknown>[];
  const settings: UnitSettings = { timeoutMs: props.timeoutMs, retries: props.retries, quietMs: props.quietMs, gapMs: props.gapMs };
  const profile = props.profile || datasource;
  const givenForAll = Object.entries(raw).flatMap(([k, v]) => (v === undefined || v === null || v === '' ? [] : [k.toLowerCase()]));
  const one = (d: Record<string, unknown>, index: number): DeviceProps => {
    const unit = Number(d['unit']);
    const name = String(d['name'] ?? `unit${unit}`);
    if (!Number.isInteger(unit) || unit < 0 || unit > 255)
      throw new Error(`devices[${index}]: unit "${String(d['unit'])}" is not a number from 0 to 255`);
    const own = String(d['profile'] ?? profile);
    if (!/^[A-Za-z0-9_-]+$/.test(own))
      throw new Error(
        own ? `devices[${index}]: profile "${own}" is not a plain name` : 'property profile is required (or DATASOURCE names it)',
      );
    const retries = d['retries'] === undefined ? settings.retries : Number(d['retries']);
    if (!Number.isInteger(retries) || retries < 0 || retries > 10)
      throw new Error(`devices[${index}]: retries "${String(d['retries'])}" is not a number from 0 to 10`);
    if (unit === 0 && props.protocol !== 'tcp')
      throw new Error(`devices[${index}]: unit 0 is the broadcast address of a serial line and cannot be read`);
    const ms = (key: string, fallback: number) => (d[key] === undefined ? fallback : parseDurationMs(d[key]));
    return {
      name,
      unit,
      profile: own,
      parameters: { ...props.parameters, ...((d['parameters'] as Record<string, unknown> | undefined) ?? {}) },
      given: new Set([...givenForAll, ...Object.keys(d).map((k) => k.toLowerCase())]),
      settings: {
        timeoutMs: ms('timeout', settings.timeoutMs),
        retries,
        quietMs: ms('quietTime', settings.quietMs),
        gapMs: ms('gap', settings.gapMs),
      },
    };
  };
  const devices = list.length ? list.map(one) : [one({ unit: props.unit, name: profile }, 0)];
  const names = new Set<string>();
  for (const d of devices) {
    if (names.has(d.name)) throw new Error(`devices: the name "${d.name}" is used twice`);
    names.add(d.name);
  }
  return devices;
}

/** What the profile of a device says about it, where the user says nothing. */
export function withProfileDefaults(
  device: DeviceProps,
  { defaults = {} }: { defaults?: DeviceDefaults },
  protocol: Protocol,
): DeviceProps {
  const free = (name: string) => !device.given.has(name.toLowerCase());
  const settings = { ...device.settings };
  if (free('timeout') && defaults.timeoutMs !== undefined) settings.timeoutMs = defaults.timeoutMs;
  if (free('retries') && defaults.retries !== undefined) settings.retries = defaults.retries;
  if (free('gap') && defaults.gapMs !== undefined) settings.gapMs = defaults.gapMs;
  if (free('quietTime')) {
    if (defaults.quietMs !== undefined) settings.quietMs = defaults.quietMs;
    // without numbered replies, as long as a reply may take
    else if (!isNumbered(protocol) && defaults.timeoutMs !== undefined) settings.quietMs = Math.max(settings.quietMs, settings.timeoutMs);
  }
  return { ...device, settings };
}

/** The connection of these profiles: one that needs time after connecting gets it, wherever it is named. */
export function withConnectDelay<T extends ConnectionProps>(props: T, raw: Props, profiles: readonly { defaults?: DeviceDefaults }[]): T {
  if (Object.entries(raw).some(([k, v]) => k.toLowerCase() === 'connectdelay' && v !== undefined && v !== null && v !== '')) return props;
  return { ...props, connectDelayMs: Math.max(props.connectDelayMs, ...profiles.map((p) => p.defaults?.connectDelayMs ?? 0)) };
}
