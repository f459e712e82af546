// Inverter definitions of ha-solarman (YAML): rules 1 to 10 over lists of registers, low word first. Called by index.ts.
import {
  exact,
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

const LEFT_OUT: Readonly<Record<number, string>> = {
  6: 'rule 6 (registers as hexadecimal texts) has no counterpart; read the registers as uint16',
  7: 'rule 7 (version out of digits) has no counterpart; read the registers as uint16',
  8: 'rule 8 (date and time) has no counterpart; read its registers and put them together in SQL',
  9: 'rule 9 (time of day) has no counterpart; read its register and divide in SQL',
  10: 'rule 10 (raw registers) has no counterpart; read the registers as uint16',
};

/** @param variant which of the models of the file: keys that are lists of values hold one for each */
export function readSolarman(root: JsonMap, id: string, variant: number): ImportedMap {
  const pick = (v: Json | undefined): Json | undefined => (Array.isArray(v) ? v[Math.min(variant, v.length - 1)] : v);
  const points: ImportedPoint[] = [];
  const unsaid: Unsaid[] = [];
  const remarks: Unsaid[] = [];
  const defaults = isJsonMap(root['default']) ? root['default'] : {};
  const requests = listOf(root['requests']).filter(isJsonMap);
  for (const group of listOf(root['parameters']).filter(isJsonMap))
    for (const given of listOf(group['items']).filter(isJsonMap)) {
      const variants = Array.isArray(given['registers']) && given['registers'].some(Array.isArray);
      const item: JsonMap = {
        ...given,
        ...(variants ? { registers: pick(given['registers']) ?? [] } : {}),
        scale: pick(given['scale']) ?? 1,
      };
      const label = String(item['name'] ?? 'unnamed');
      const leave = (reason: string) => unsaid.push({ point: label, reason });
      const rule = numberOf(item['rule']);
      if (Array.isArray(item['sensors'])) {
        leave('is calculated out of several registers; read each as a point and add in SQL');
        continue;
      }
      if (!Array.isArray(given['registers'])) {
        leave('has no registers');
        continue;
      }
      const registers = listOf(item['registers']).map(numberOf);
      if (registers.length === 0) {
        leave(`is not there in variant ${variant}`);
        continue;
      }
      if (variants || Array.isArray(given['scale']))
        remarks.push({ point: label, reason: `differs between models; it is as in variant ${variant}` });
      if (rule === undefined || !(rule >= 1 && rule <= 5)) {
        leave(LEFT_OUT[rule ?? 0] ?? `rule ${String(item['rule'])} is unknown`);
        continue;
      }
      const place = placeOf(registers, rule === 5);
      if (typeof place === 'string') {
        leave(place);
        continue;
      }
      const code = codeOf(item['code'], defaults['code'], requests, registers[0]!);
      if (code !== 3 && code !== 4) {
        leave(`function code ${String(code)} does not read registers`);
        continue;
      }
      const fn = code === 3 ? 'holding' : 'input';
      if (rule === 5) {
        points.push({ label, function: fn, address: place.address, type: 'string', registers: registers.length });
        continue;
      }
      const meant = numeric(item, rule, registers.length);
      if (typeof meant === 'string') {
        leave(meant);
        continue;
      }
      for (const key of ['validation', 'range', 'uint', 'multiply', 'mod', 'mppt', 'phase', 'pack'])
        if (item[key] !== undefined && !(key === 'validation' && (meant.min !== undefined || meant.max !== undefined)))
          remarks.push({ point: label, reason: `the key ${key} is left out` });
      points.push({ label, function: fn, address: place.address, ...(place.order ? { order: place.order } : {}), ...meant });
    }
  const info = isJsonMap(root['info']) ? root['info'] : {};
  const maxSize = numberOf(defaults['max_size']);
  return {
    id: plainName(id, '-'),
    maker: String(info['manufacturer'] ?? ''),
    model: String(info['model'] ?? id),
    kind: 'inverter',
    ...(maxSize !== undefined && maxSize >= 1 && maxSize <= 125 ? { limits: { maxRegisters: maxSize } } : {}),
    points,
    unsaid,
    remarks,
  };
}

/** Where a value lies: its lowest register and order, or each register when they lie apart. The list begins with the lowest word. */
function placeOf(
  registers: readonly (number | undefined)[],
  isText: boolean,
): { address: number | readonly number[]; order?: string } | string {
  const list = registers.filter((r) => r !== undefined);
  if (list.length !== registers.length || list.length === 0) return 'its registers are not numbers';
  const rises = list.every((r, i) => i === 0 || r === list[i - 1]! + 1);
  const falls = list.every((r, i) => i === 0 || r === list[i - 1]! - 1);
  if (list.length === 1) return { address: list[0]! };
  if (isText) return rises ? { address: list[0]! } : 'its registers lie apart';
  if (rises) return { address: list[0]!, order: 'CDAB' };
  return { address: falls ? list.at(-1)! : list.toReversed() };
}

function codeOf(own: unknown, fallback: unknown, requests: readonly JsonMap[], address: number): number | undefined {
  const of = (v: unknown) => numberOf(isJsonMap(v) ? v['read'] : v);
  const request = requests.find((r) => (numberOf(r['start']) ?? 1e9) <= address && address <= (numberOf(r['end']) ?? -1));
  return of(own) ?? of(request?.['mb_functioncode'] ?? request?.['code']) ?? of(fallback) ?? 3;
}

type Numeric = Omit<ImportedPoint, 'label' | 'function' | 'address'>;

/** Type, scale, texts. @returns a text: why it cannot be said */
function numeric(item: JsonMap, rule: number, count: number): Numeric | string {
  const signed = rule === 2 || rule === 4;
  const type = ({ 1: ['uint16', 'int16'], 2: ['uint32', 'int32'], 3: ['uint48', 'int48'], 4: ['uint64', 'int64'] } as const)[count]?.[
    signed ? 1 : 0
  ];
  if (!type) return `a number of ${count} registers has no counterpart`;
  if (item['bitmask'] !== undefined) return 'the key bitmask has no counterpart';
  const field = fieldOf(item);
  if (typeof field === 'string') return field;
  if (field.bit !== undefined && signed) return 'a signed bit field has no counterpart';
  if (Array.isArray(item['lookup'])) {
    const texts: Record<string, string> = {};
    for (const entry of item['lookup'].filter(isJsonMap))
      for (const key of listOf(entry['key'])) {
        const n = numberOf(key);
        if (n !== undefined) texts[String(n)] = String(entry['value']);
      }
    return { type, ...field, texts };
  }
  const scale = numberOf(item['scale']);
  if (scale === undefined) return `the scale ${JSON.stringify(item['scale'])} is not a number`;
  const divide = numberOf(item['divide']) ?? 1;
  if (divide !== 1) return 'divides and cuts the fraction; divide in SQL';
  // the reader of this format looks at the key for signed numbers only
  const sign = item['inverted'] && signed ? -1 : 1;
  const offset = numberOf(item['offset']) ?? 0;
  const valid = isJsonMap(item['validation']) ? item['validation'] : {};
  const min = valid['default'] === undefined ? numberOf(valid['min']) : undefined;
  const max = valid['default'] === undefined ? numberOf(valid['max']) : undefined;
  return {
    type,
    ...field,
    // the offset is taken off the registers, before the scale
    scale: exact(scale * sign),
    offset: exact(-offset * scale * sign) + 0,
    unit: String(item['uom'] ?? item['unit_of_measurement'] ?? ''),
    ...(min !== undefined ? { min } : {}),
    ...(max !== undefined ? { max } : {}),
    ...(item['magnitude'] ? { signMagnitude: true } : {}),
  };
}

/** Bits of a mask. A mask keeps its bits in place, so only one that begins with bit 0 is a field. */
function fieldOf(item: JsonMap): { bit?: number; bits?: number } | string {
  const bit = numberOf(item['bit']);
  if (bit !== undefined) return { bit };
  const mask = numberOf(item['mask']);
  if (mask === undefined) return {};
  const bits = Math.log2(mask + 1);
  return Number.isInteger(bits) && bits >= 2 ? { bit: 0, bits } : `the mask 0x${mask.toString(16)} has no counterpart; use bit and bits`;
}
