// Parts of the language of profiles that are not registers in a row: dates, sums of points, values of registers apart, parameters, defaults of a device.
// Parsed for profile.ts; dates are read by value-types.ts through dateOf.
import { type Document, isMap, isScalar, isSeq, visit, type YAMLMap } from 'yaml';
import { parseDurationMs } from '../../contract/props.ts';
import type { Value } from '../../data/value.ts';

type Bad = (node: unknown, what: string) => void;

/** Types of dates, by their bits: seconds since 1970; three registers of two bytes (year month, day hour, minute second); four registers of IEC 870-5-4
 *  (TI081 of meters); six registers, a number each. */
export const dateTypes = ['epoch32', 'datetime48', 'datetime64', 'datetime96'] as const;
export type DateType = (typeof dateTypes)[number];
export const isDateType = (type: string): type is DateType => (dateTypes as readonly string[]).includes(type);

const two = (n: number): string => String(n).padStart(2, '0');

/** @param b big-endian registers  @returns as ISO text, with Z for epoch32, without a zone else  @throws Error when it is no date */
export function dateOf(b: Buffer, type: DateType): Value {
  if (type === 'epoch32') return `${new Date(b.readUInt32BE(0) * 1000).toISOString().slice(0, 19)}Z`;
  const w = (i: number) => b.readUInt16BE(i * 2);
  const parts =
    type === 'datetime96'
      ? [w(0), w(1), w(2), w(3), w(4), w(5)]
      : type === 'datetime48'
        ? [b[0]!, b[1]!, b[2]!, b[3]!, b[4]!, b[5]!]
        : [w(0) & 127, (w(1) >> 8) & 15, w(1) & 31, (w(2) >> 8) & 31, w(2) & 63, w(3) / 1000];
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const full = year < 100 ? 2000 + year : year;
  // an invalid clock says so in its highest bit (IEC 870-5-4)
  const valid = type !== 'datetime64' || (w(2) & 0x80) === 0;
  const days = month >= 1 && month <= 12 ? new Date(Date.UTC(full, month, 0)).getUTCDate() : 0;
  if (!valid || full > 9999 || day < 1 || day > days || hour > 23 || minute > 59 || second >= 60)
    throw new Error(`0x${b.toString('hex')} is not a date`);
  const rest = Math.round((second % 1) * 1000);
  return `${full}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(Math.floor(second))}${rest ? `.${String(rest).padStart(3, '0')}` : ''}`;
}

export interface Term {
  readonly name: string;
  readonly sign: 1 | -1;
}

/** `sum: [p1, -p2]`. @returns undefined when it is none */
export function parseSum(map: YAMLMap, bad: Bad): readonly Term[] | undefined {
  const node = map.get('sum');
  const list = isSeq(node) ? node.items.map((i) => (isScalar(i) ? i.value : undefined)) : [];
  if (list.length < 2 || list.some((v) => typeof v !== 'string' || !/^-?\s*[A-Za-z_]\w*$/.test(v))) {
    bad(map.get('sum', true), 'sum: a list of at least two points, as in [a, b] or [a, -b]');
    return undefined;
  }
  for (const key of ['address', 'type', 'function', 'scale', 'offset', 'writable', 'bit', 'order', 'scaleFrom'])
    if (map.has(key)) bad(map.get(key, true), `sum and ${key} exclude each other`);
  return (list as string[]).map((v) => ({ name: v.replace(/^-\s*/, ''), sign: v.startsWith('-') ? -1 : 1 }));
}

/** Sum of numbers without the dust of binary fractions; whole numbers stay whole. @throws Error when one is none */
export function sumOf(terms: readonly Term[], partOf: (name: string) => Value): Value {
  let whole = 0n;
  let real = 0;
  let exact = true;
  for (const { name, sign } of terms) {
    const v = partOf(name);
    if (typeof v === 'bigint') {
      whole += v * BigInt(sign);
      real += Number(v) * sign;
    } else if (typeof v === 'number') {
      exact = false;
      real += v * sign;
    } else throw new Error(`its part ${name} has no value`);
  }
  if (!exact) return Number(real.toPrecision(15));
  if (BigInt.asIntN(64, whole) !== whole) throw new Error(`${whole} is larger than SQL's bigint holds`);
  return whole;
}

/** `address: [10, 25]`: the registers of a value in the order of its bytes. @returns undefined for anything else */
export function parseApart(node: unknown): number[] | undefined {
  if (!isSeq(node)) return undefined;
  const list = node.items.map((i) => (isScalar(i) ? i.value : undefined));
  return list.every((v) => typeof v === 'number') ? (list as number[]) : [];
}

/** Puts parameters into the scalars of a profile: `${name}` alone is the parameter, `${name} + 3` a number, within a text it is filled in.
 *  @param given of the stream; the key `parameters` of the profile has their defaults */
export function fillParameters(doc: Document, given: Readonly<Record<string, unknown>>, bad: Bad): void {
  const root = doc.contents as YAMLMap;
  const declared = root.get('parameters');
  const values = new Map<string, unknown>();
  if (isMap(declared)) {
    for (const pair of declared.items) {
      const value = isScalar(pair.value) ? pair.value.value : undefined;
      if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean')
        bad(pair.key, `parameters: ${String(pair.key)} needs a default: a number, a text, true or false`);
      values.set(String(isScalar(pair.key) ? pair.key.value : pair.key), value);
    }
  } else if (root.has('parameters')) bad(root.get('parameters', true), 'parameters: a map of name: default');
  for (const [name, value] of Object.entries(given)) {
    if (!values.has(name)) bad(undefined, `there is no parameter ${name}; ${[...values.keys()].join(', ') || 'the profile has none'}`);
    else if (typeof value !== typeof values.get(name))
      bad(undefined, `parameter ${name}: ${JSON.stringify(value)} is not a ${typeof values.get(name)}, as its default is`);
    else values.set(name, value);
  }
  visit(doc, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const alone = /^\$\{(\w+)\}(?:\s*([+-])\s*(\d+))?$/.exec(node.value.trim());
      const parameterOf = (name: string): unknown => {
        if (!values.has(name)) bad(node, `there is no parameter ${name} in parameters`);
        return values.get(name);
      };
      if (!alone) node.value = node.value.replace(/\$\{(\w+)\}/g, (_all, name: string) => String(parameterOf(name)));
      else {
        const value = parameterOf(alone[1]!);
        if (alone[3] === undefined) node.value = value;
        else if (typeof value !== 'number') bad(node, `parameter ${alone[1]} is not a number`);
        else node.value = value + Number(`${alone[2]}${alone[3]}`);
      }
    },
  });
}

/** What a device needs, unless the stream says otherwise. */
export interface DeviceDefaults {
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly quietMs?: number;
  readonly gapMs?: number;
  readonly connectDelayMs?: number;
}

const durations: Readonly<Record<string, keyof DeviceDefaults>> = {
  timeout: 'timeoutMs',
  quietTime: 'quietMs',
  gap: 'gapMs',
  connectDelay: 'connectDelayMs',
};

export function parseDefaults(root: YAMLMap, bad: Bad): DeviceDefaults {
  const map = root.get('defaults');
  const out: Record<string, number> = {};
  if (!isMap(map)) {
    if (root.has('defaults')) bad(root.get('defaults', true), `defaults: a map of ${[...Object.keys(durations), 'retries'].join(', ')}`);
    return out;
  }
  for (const pair of map.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const value = isScalar(pair.value) ? pair.value.value : undefined;
    if (key === 'retries') {
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10) out['retries'] = value;
      else bad(pair.value, `defaults: retries "${String(value)}": a whole number from 0 to 10`);
      continue;
    }
    const name = Object.hasOwn(durations, key) ? durations[key] : undefined;
    if (!name) bad(pair.key, `defaults: unknown key "${key}"; known are ${[...Object.keys(durations), 'retries'].join(', ')}`);
    else
      try {
        out[name] = parseDurationMs(value);
        if (out[name]! < 0 || (name === 'timeoutMs' && out[name]! < 10)) throw new Error(`${String(value)} is too small`);
      } catch (error) {
        bad(pair.value, `defaults: ${key}: ${(error as Error).message}`);
      }
  }
  return out;
}
