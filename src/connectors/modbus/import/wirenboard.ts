// Device templates of wirenboard's serial driver (JSON with comments): channels and parameters of a device. Called by index.ts.
import type { ValueType } from '../value-types.ts';
import { type ImportedMap, type ImportedPoint, isJsonMap, type JsonMap, listOf, numberOf, plainName, type Unsaid } from './imported.ts';

const FORMATS: Readonly<Record<string, ValueType>> = {
  u8: 'uint8',
  s8: 'int8',
  u16: 'uint16',
  s16: 'int16',
  u24: 'uint24',
  s24: 'int24',
  u32: 'uint32',
  s32: 'int32',
  u64: 'uint64',
  s64: 'int64',
  bcd16: 'bcd16',
  bcd32: 'bcd32',
  float: 'float32',
  double: 'float64',
};
const WAYS: Readonly<Record<string, ImportedPoint['function']>> = {
  coil: 'coil',
  press_coil: 'coil',
  discrete: 'discrete',
  input: 'input',
  holding: 'holding',
  holding_single: 'holding',
  holding_multi: 'holding',
};
/** Types of channels that people set. */
const CONTROLS = new Set(['switch', 'range', 'dimmer', 'pushbutton', 'text', 'rgb', 'wo-switch']);
const KINDS: readonly [RegExp, ImportedMap['kind']][] = [
  [/meter|power/i, 'meter'],
  [/sensor/i, 'sensor'],
  [/ventil|hvac/i, 'ventilation'],
  [/thermostat|relay|controller|io/i, 'controller'],
];

export function readWirenboard(root: JsonMap, id: string): ImportedMap {
  const device = isJsonMap(root['device']) ? root['device'] : {};
  const translations = isJsonMap(device['translations']) ? device['translations'] : {};
  const english = isJsonMap(translations['en']) ? translations['en'] : {};
  const words = (v: unknown) => String(english[String(v)] ?? v);
  const points: ImportedPoint[] = [];
  const unsaid: Unsaid[] = [];
  const remarks: Unsaid[] = [];
  const parameters = isJsonMap(device['parameters'])
    ? Object.entries(device['parameters']).map(([key, p]) => (isJsonMap(p) ? ({ id: key, ...p } as JsonMap) : p))
    : listOf(device['parameters']);
  const seen = new Set<string>();
  const items = [...listOf(device['channels']).map((c) => [c, false] as const), ...parameters.map((p) => [p, true] as const)];
  for (const [item, isParameter] of items) {
    if (!isJsonMap(item)) continue;
    const label = words(item['name'] ?? item['title'] ?? item['id'] ?? 'unnamed');
    const point = readChannel(item, label, isParameter, words);
    if (typeof point === 'string') unsaid.push({ point: label, reason: point });
    else {
      // the same register under several conditions is one point
      const place = [point.function, point.address, point.bit, point.type].join(':');
      if (seen.has(place)) {
        remarks.push({ point: label, reason: 'names a register that another point has already' });
        continue;
      }
      seen.add(place);
      points.push(point);
      if (item['condition'] !== undefined)
        remarks.push({ point: label, reason: `is there under the condition ${String(item['condition'])} only` });
    }
  }
  if (listOf(device['subdevices']).length > 0) unsaid.push({ point: 'subdevices', reason: 'devices within devices have no counterpart' });
  if (listOf(device['setup']).length > 0)
    unsaid.push({ point: 'setup', reason: 'registers that are written when the device starts have no counterpart' });
  for (const key of ['response_timeout_ms', 'frame_timeout_ms', 'guard_interval_us'])
    if (device[key] !== undefined)
      remarks.push({ point: key, reason: `set it at the device of the stream (timeout, gap): ${String(device[key])}` });
  const maxRegisters = numberOf(device['max_read_registers']);
  const maxGap = numberOf(device['max_reg_hole']);
  const title = words(root['title_en'] ?? root['title'] ?? device['name'] ?? id);
  return {
    id: plainName(String(root['device_type'] ?? id), '-') || plainName(id, '-'),
    maker: '',
    model: title.startsWith('template_title') ? String(english['template_title'] ?? device['name'] ?? id) : title,
    kind: KINDS.find(([re]) => re.test(String(root['group'] ?? '')))?.[1] ?? 'other',
    limits: {
      ...(maxRegisters !== undefined && maxRegisters >= 1 ? { maxRegisters: Math.min(125, maxRegisters) } : {}),
      ...(maxGap !== undefined && maxGap > 0 ? { maxGap: Math.min(124, maxGap) } : {}),
    },
    points,
    unsaid,
    remarks,
  };
}

/** @returns a text: why it cannot be said */
function readChannel(item: JsonMap, label: string, isParameter: boolean, words: (v: unknown) => string): ImportedPoint | string {
  if (item['consists_of'] !== undefined) return 'consists of several registers; its parts have no names of their own';
  const fn = WAYS[String(item['reg_type'] ?? (isParameter ? 'holding' : ''))];
  if (!fn) return item['reg_type'] === undefined ? 'has no register' : `the register type ${String(item['reg_type'])} has no counterpart`;
  const place = /^\s*(0x[0-9a-f]+|\d+)(?::(\d+):(\d+))?\s*$/i.exec(String(item['address'] ?? ''));
  if (!place) return `the address "${String(item['address'] ?? '')}" is not a number`;
  const address = Number(place[1]);
  const set = isParameter || CONTROLS.has(String(item['type'] ?? ''));
  const writable = set && item['readonly'] !== true && (fn === 'coil' || fn === 'holding');
  const unit = String(item['units'] ?? '');
  if (fn === 'coil' || fn === 'discrete') return { label, function: fn, address, writable };
  const format = String(item['format'] ?? 'u16').toLowerCase();
  const length = numberOf(item['string_data_size']);
  if (format === 'string' || format === 'string8')
    return length === undefined
      ? 'a text without string_data_size'
      : // `string`: one character in each register
        { label, function: fn, address, type: 'string', registers: format === 'string' ? length : Math.ceil(length / 2) };
  const type = FORMATS[format];
  if (!type) return `the format ${format} has no counterpart`;
  const words2 = item['word_order'] === 'little_endian';
  const bytes = item['byte_order'] === 'little_endian';
  const bit = place[2] === undefined ? {} : { bit: Number(place[2]), bits: Number(place[3]) };
  const scale = numberOf(item['scale']) ?? 1;
  const offset = numberOf(item['offset']) ?? 0;
  const none = item['error_value'] ?? item['unsupported_value'];
  const error = numberOf(none);
  const base = { label, function: fn, address, type, order: words2 ? (bytes ? 'DCBA' : 'CDAB') : bytes ? 'BADC' : 'ABCD', ...bit };
  const enumKeys = listOf(item['enum']).map(numberOf);
  const titles = listOf(item['enum_titles']);
  if (enumKeys.length > 0 && titles.length === enumKeys.length && scale === 1 && offset === 0 && /^u?int/.test(type))
    return {
      ...base,
      texts: Object.fromEntries(enumKeys.flatMap((k, i) => (k === undefined ? [] : [[String(k), words(titles[i])]]))),
      writable,
    };
  const min = isParameter ? undefined : numberOf(item['min']);
  const max = isParameter ? undefined : numberOf(item['max']);
  return {
    ...base,
    scale,
    offset,
    unit,
    ...(writable ? {} : { min, max }),
    ...(error === undefined || type.startsWith('float') ? {} : { notAvailable: [typeof none === 'string' ? none : error] }),
    writable,
  };
}
