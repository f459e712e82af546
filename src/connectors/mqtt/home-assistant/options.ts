// The property homeAssistant of the MQTT sink: its members, and what is wrong in them. Read by index.ts of this folder; listed by ../options.ts.
import { type OptionSpec, type Props, parseOptions } from '../../../contract/props.ts';
import { BINARY_CLASSES, SENSOR_CLASSES, STATE_CLASSES, type StateClass } from './facts.ts';

export interface EntityProps {
  readonly name?: string;
  readonly component?: 'sensor' | 'binary_sensor';
  readonly unit?: string;
  readonly deviceClass?: string;
  readonly stateClass?: StateClass;
  readonly icon?: string;
  readonly precision?: number;
  readonly category?: 'diagnostic';
}

export interface HomeAssistantProps {
  readonly device: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly prefix: string;
  /** By column; false: not shown. */
  readonly entities: Readonly<Record<string, EntityProps | false>>;
  readonly guess: boolean;
  readonly expireAfterMs: number;
}

export const homeAssistantOptions: readonly OptionSpec[] = [
  { name: 'device', type: 'string', default: '', doc: 'Name of the device in Home Assistant. Default: the id of the rule.' },
  { name: 'manufacturer', type: 'string', default: '', doc: 'Manufacturer of the device.' },
  { name: 'model', type: 'string', default: '', doc: 'Model of the device.' },
  { name: 'prefix', type: 'string', default: 'homeassistant', doc: 'Discovery prefix of Home Assistant.' },
  {
    name: 'entities',
    type: 'map',
    default: {},
    doc: 'By column: name, component, unit, deviceClass, stateClass, icon, precision, category; or false to leave it out.',
    example: { tank: { name: 'Tank', unit: '°C', deviceClass: 'temperature' }, internal: false },
  },
  { name: 'guess', type: 'bool', default: true, doc: 'Take unit and device class from names such as tank_c, import_kWh, humidity.' },
  {
    name: 'expireAfter',
    as: 'expireAfterMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Entities become unavailable when nothing came for so long; 0 = never.',
  },
];

const entityOptions: readonly OptionSpec[] = [
  { name: 'name', type: 'string', doc: 'Name of the entity. Default: the column.' },
  { name: 'component', type: 'string', oneOf: ['sensor', 'binary_sensor'], doc: 'Default: binary_sensor for true and false, else sensor.' },
  { name: 'unit', type: 'string', doc: 'Unit.' },
  { name: 'deviceClass', type: 'string', doc: 'Device class.' },
  { name: 'stateClass', type: 'string', oneOf: STATE_CLASSES, doc: 'State class.' },
  { name: 'icon', type: 'string', doc: 'Icon, as mdi:gauge.' },
  { name: 'precision', type: 'int', min: 0, max: 10, doc: 'Decimals that are shown.' },
  { name: 'category', type: 'string', oneOf: ['diagnostic'], doc: 'diagnostic: shown apart.' },
];

/** @throws Error that names the member and what would be right */
export function readHomeAssistant(raw: Props): HomeAssistantProps {
  const known = homeAssistantOptions.map((o) => o.name);
  const unknown = Object.keys(raw).find((k) => !known.some((n) => n.toLowerCase() === k.toLowerCase()));
  if (unknown !== undefined) throw new Error(`homeAssistant has no member "${unknown}"; use ${known.join(', ')}`);
  const props = parseOptions<HomeAssistantProps>('property homeAssistant', homeAssistantOptions, raw);
  if (/[#+\0]|^\/|\/$|^$/.test(props.prefix)) throw new Error(`homeAssistant: prefix "${props.prefix}" is not a topic`);
  const entities: Record<string, EntityProps | false> = {};
  for (const [column, given] of Object.entries(props.entities)) entities[column] = readEntity(column, given);
  return { ...props, entities };
}

function readEntity(column: string, given: unknown): EntityProps | false {
  if (given === false) return false;
  const where = `homeAssistant, entity ${column}`;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Error(`${where}: write an object, or false`);
  const names = entityOptions.map((o) => o.name);
  for (const key of Object.keys(given))
    if (!names.includes(key)) throw new Error(`${where}: unknown key ${key}; known are ${names.join(', ')}`);
  const e = parseOptions<{ -readonly [K in keyof EntityProps]: EntityProps[K] | undefined }>(where, entityOptions, given as Props);
  const { deviceClass, unit, stateClass, component } = e;
  if (deviceClass !== undefined && component === 'binary_sensor' && !BINARY_CLASSES.includes(deviceClass))
    throw new Error(`${where}: deviceClass "${deviceClass}" is none of a binary_sensor; use ${BINARY_CLASSES.join(', ')}`);
  const facts = deviceClass === undefined || component === 'binary_sensor' ? undefined : SENSOR_CLASSES[deviceClass];
  if (deviceClass !== undefined && facts === undefined && !BINARY_CLASSES.includes(deviceClass))
    throw new Error(`${where}: deviceClass "${deviceClass}" is not known; use ${Object.keys(SENSOR_CLASSES).join(', ')}`);
  if (facts && !facts.units.includes(unit))
    throw new Error(
      `${where}: deviceClass ${deviceClass} takes ${unit === undefined ? 'a unit' : `no unit "${unit}"`}: ${facts.units.map((u) => u ?? 'none').join(', ')}`,
    );
  if (facts && stateClass !== undefined && !facts.states.includes(stateClass))
    throw new Error(`${where}: deviceClass ${deviceClass} takes no stateClass ${stateClass}; ${facts.states.join(', ') || 'leave it out'}`);
  return Object.fromEntries(Object.entries(e).filter(([, v]) => v !== undefined)) as EntityProps;
}
