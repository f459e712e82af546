// One column as an entity of Home Assistant: topic and payload of its discovery message. Pure. Called by announcer.ts.
import { createHash } from 'node:crypto';
import { guess, SENSOR_CLASSES } from './facts.ts';
import type { EntityProps, HomeAssistantProps } from './options.ts';

export interface DeviceFacts {
  /** Letters, digits, _ and -: the node in discovery topics. */
  readonly node: string;
  /** One topic may be one device of many: added to ids. */
  readonly id: string;
  readonly name: string;
  readonly stateTopic: string;
  readonly qos: number;
  /** undefined: nobody can say whether we are there. */
  readonly availability: { readonly topic: string; readonly offline: string } | undefined;
}

export interface Discovery {
  readonly topic: string;
  readonly payload: string;
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** @returns ids of letters, digits, _ and -; two names never have the same */
export function idOf(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]/g, '_');
  return plain === name && plain !== '' ? plain : `${plain}_${shortHash(name)}`;
}

/** @returns undefined when the value is none that Home Assistant shows (object, list), or none at all yet */
export function entityOf(column: string, value: unknown, device: DeviceFacts, props: HomeAssistantProps): Discovery | undefined {
  const declared = props.entities[column] as EntityProps | undefined;
  if (value === null || value === undefined || typeof value === 'object') return undefined;
  const binary = declared?.component ? declared.component === 'binary_sensor' : typeof value === 'boolean';
  const component = binary ? 'binary_sensor' : 'sensor';
  const key = JSON.stringify(column);
  const id = `${device.id}_${idOf(column)}`;
  const config: Record<string, unknown> = {
    name: declared?.name ?? column,
    unique_id: id,
    state_topic: device.stateTopic,
    // a row without the column leaves the entity as it is
    value_template: binary
      ? `{% if ${key} in value_json %}{{ 'ON' if value_json[${key}] else 'OFF' }}{% endif %}`
      : `{% if ${key} in value_json %}{{ value_json[${key}] }}{% endif %}`,
    qos: device.qos,
    ...(binary ? { payload_on: 'ON', payload_off: 'OFF', ...(declared?.deviceClass ? { device_class: declared.deviceClass } : {}) } : {}),
    ...(binary ? {} : measure(column, typeof value === 'number', declared, props.guess)),
    ...(declared?.icon ? { icon: declared.icon } : {}),
    ...(declared?.category ? { entity_category: declared.category } : {}),
    ...(props.expireAfterMs > 0 ? { expire_after: Math.ceil(props.expireAfterMs / 1000) } : {}),
    ...(device.availability
      ? {
          availability_topic: device.availability.topic,
          payload_available: 'online',
          payload_not_available: device.availability.offline,
        }
      : {}),
    device: {
      identifiers: [device.id],
      name: device.name,
      ...(props.manufacturer ? { manufacturer: props.manufacturer } : {}),
      ...(props.model ? { model: props.model } : {}),
    },
    origin: { name: 'Kuiper Gateway' },
  };
  return { topic: `${props.prefix}/${component}/${device.node}/${id}/config`, payload: JSON.stringify(config) };
}

/** Unit, device class and state class of a sensor. A text has none of them unless declared. */
function measure(column: string, isNumber: boolean, declared: EntityProps | undefined, mayGuess: boolean): Record<string, unknown> {
  const said = declared?.unit !== undefined || declared?.deviceClass !== undefined;
  const { unit, deviceClass } = said ? declared! : isNumber && mayGuess ? guess(column) : {};
  const facts = deviceClass === undefined ? undefined : SENSOR_CLASSES[deviceClass];
  const stateClass =
    declared?.stateClass ?? (!isNumber ? undefined : facts ? facts.states[0] : unit !== undefined ? 'measurement' : undefined);
  return {
    ...(unit === undefined ? {} : { unit_of_measurement: unit }),
    ...(deviceClass === undefined ? {} : { device_class: deviceClass }),
    ...(stateClass === undefined ? {} : { state_class: stateClass }),
    ...(declared?.precision === undefined ? {} : { suggested_display_precision: declared.precision }),
  };
}
