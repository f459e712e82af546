// Home Assistant's `modbus:` YAML: hubs with sensors, binary sensors, switches, climates and others; one profile for each unit. Called by index.ts.
import type { ValueType } from '../value-types.ts';
import {
  type ImportedMap,
  type ImportedPoint,
  isJsonMap,
  type Json,
  type JsonMap,
  listOf,
  numberOf,
  plainName,
  type Unsaid,
} from './imported.ts';

const TYPES: Readonly<Record<string, ValueType>> = {
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  float16: 'float16',
  float32: 'float32',
  float64: 'float64',
  int: 'int16',
  uint: 'uint16',
  float: 'float32',
};
/** Python's struct, big-endian, of one value. */
const STRUCTS: Readonly<Record<string, ValueType>> = {
  h: 'int16',
  H: 'uint16',
  i: 'int32',
  l: 'int32',
  I: 'uint32',
  L: 'uint32',
  q: 'int64',
  Q: 'uint64',
  e: 'float16',
  f: 'float32',
  d: 'float64',
};
const ORDERS: Readonly<Record<string, string>> = { none: 'ABCD', byte: 'BADC', word: 'CDAB', word_byte: 'DCBA' };
const WAYS: Readonly<Record<string, ImportedPoint['function']>> = {
  coil: 'coil',
  discrete_input: 'discrete',
  discrete: 'discrete',
  holding: 'holding',
  holdings: 'holding',
  coils: 'coil',
  input: 'input',
};
/** Keys of readings that a profile does not say. */
const NOT_SAID = ['min_value', 'max_value', 'zero_suppress', 'verify', 'command_on', 'command_off', 'hvac_mode_register'];

interface Unit {
  readonly points: ImportedPoint[];
  readonly unsaid: Unsaid[];
  readonly remarks: Unsaid[];
}

export function readHomeAssistant(root: Json, id: string): ImportedMap[] {
  const whole = isJsonMap(root) && root['modbus'] !== undefined ? root['modbus'] : root;
  const out: ImportedMap[] = [];
  listOf(whole)
    .filter(isJsonMap)
    .forEach((hub, index) => {
      const units = new Map<string, Unit>();
      const name = String(hub['name'] ?? `${id}-${index + 1}`);
      for (const [kind, list] of Object.entries(hub))
        if (Array.isArray(list))
          for (const item of list.filter(isJsonMap)) {
            const unit = String(item['device_address'] ?? item['slave'] ?? item['unit'] ?? 0);
            let to = units.get(unit);
            if (!to) units.set(unit, (to = { points: [], unsaid: [], remarks: [] }));
            readItem(kind, item, to);
          }
      for (const [unit, found] of units)
        out.push({
          id: plainName(units.size > 1 ? `${name} unit ${unit}` : name, '-'),
          maker: '',
          model: units.size > 1 ? `${name}, unit ${unit}` : name,
          kind: 'other',
          ...found,
        });
    });
  return out;
}

function readItem(kind: string, item: JsonMap, to: Unit): void {
  const label = String(item['name'] ?? item['unique_id'] ?? 'unnamed');
  const leave = (reason: string) => void to.unsaid.push({ point: label, reason });
  for (const key of NOT_SAID)
    if (item[key] !== undefined)
      to.remarks.push({
        point: label,
        reason: `the key ${key} is left out${/^m(in|ax)_value$/.test(key) ? ' (it cuts values there, min and max of a profile refuse them)' : ''}`,
      });
  const address = numberOf(item['address']);
  if (address === undefined) leave('has no address');
  else if (kind === 'sensors') addReading(item, label, address, 'input_type', false, to);
  else if (kind === 'binary_sensors') addState(item, label, address, WAYS[String(item['input_type'] ?? 'coil')], false, to);
  else if (kind === 'switches' || kind === 'lights' || kind === 'fans')
    addState(item, label, address, WAYS[String(item['write_type'] ?? 'holding')], true, to);
  else if (kind === 'climates') {
    addReading(item, label, address, 'input_type', false, to);
    const target = numberOf(item['target_temp_register']);
    if (target !== undefined) addReading({ ...item, input_type: 'holding' }, `${label} target`, target, 'input_type', true, to);
    else if (item['target_temp_register'] !== undefined) leave('has a target register for each mode');
  } else leave(`${kind} have no counterpart`);
}

function addState(
  item: JsonMap,
  label: string,
  address: number,
  fn: ImportedPoint['function'] | undefined,
  writable: boolean,
  to: Unit,
): void {
  if (!fn) {
    to.unsaid.push({ point: label, reason: `the type ${String(item['input_type'] ?? item['write_type'])} has no counterpart` });
    return;
  }
  const count = 1 + (numberOf(item['virtual_count'] ?? item['slave_count']) ?? 0);
  const isBit = fn === 'coil' || fn === 'discrete';
  for (let i = 0; i < count; i++)
    to.points.push({
      label: i === 0 ? label : `${label} ${i}`,
      function: fn,
      address: isBit ? address + i : address + Math.floor(i / 16),
      ...(isBit ? {} : writable ? { type: 'uint16' as const } : { type: 'uint16' as const, bit: i % 16 }),
      writable: writable && (fn === 'coil' || fn === 'holding'),
    });
}

function addReading(item: JsonMap, label: string, address: number, way: string, writable: boolean, to: Unit): void {
  const leave = (reason: string) => void to.unsaid.push({ point: label, reason });
  const fn = WAYS[String(item[way] ?? 'holding')];
  if (fn !== 'holding' && fn !== 'input') {
    leave(`the input type ${String(item[way])} holds no registers`);
    return;
  }
  const word = String(item['data_type'] ?? 'int16');
  const registers = numberOf(item['count']);
  const order = ORDERS[String(item['swap'] ?? 'none')];
  if (!order) {
    leave(`the swap ${String(item['swap'])} is unknown`);
    return;
  }
  if (word === 'string') {
    if (registers === undefined) leave('a string without count');
    else to.points.push({ label, function: fn, address, type: 'string', registers, order });
    return;
  }
  const type = word === 'custom' ? STRUCTS[/^[>!]?([a-zA-Z])$/.exec(String(item['structure'] ?? ''))?.[1] ?? ''] : TYPES[word];
  if (!type) {
    leave(word === 'custom' ? `the structure "${String(item['structure'])}" is not one value` : `the data type ${word} has no counterpart`);
    return;
  }
  const none = item['nan_value'];
  const size = Number(/\d+$/.exec(type)![0]) / 16;
  const count = 1 + (numberOf(item['virtual_count'] ?? item['slave_count']) ?? 0);
  for (let i = 0; i < count; i++)
    to.points.push({
      label: i === 0 ? label : `${label} ${i}`,
      function: fn,
      address: address + i * size,
      type,
      order,
      scale: numberOf(item['scale']) ?? 1,
      offset: numberOf(item['offset']) ?? 0,
      unit: String(item['unit_of_measurement'] ?? item['temperature_unit'] ?? ''),
      ...(numberOf(none) !== undefined && !type.startsWith('float') ? { notAvailable: [numberOf(none)!] } : {}),
      writable,
    });
}
