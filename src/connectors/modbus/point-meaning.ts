// What a point's number means beyond its type: values that stand for "not available", the range of possible values, texts of states, names of bits.
// Parsed by profile.ts, applied by point-value.ts.
import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { Value } from '../../data/value.ts';
import { bitsOf, type ValueType } from './value-types.ts';

export interface Meaning {
  /** Bit patterns of the registers that stand for "no value". */
  readonly notAvailable: ReadonlySet<bigint>;
  /** Least and greatest possible value, after scaling. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Texts of states, by raw number. */
  readonly texts: ReadonlyMap<bigint, string> | undefined;
  /** Names of bits, by their place. */
  readonly flags: ReadonlyMap<number, string> | undefined;
  /** The highest bit is the sign, the others the amount. */
  readonly signMagnitude: boolean;
}

export const meaningKeys = ['notAvailable', 'min', 'max', 'texts', 'flags', 'signMagnitude'] as const;

/** SunSpec's values for "not implemented". @source SunSpec Information Model Specification, 5: int16 0x8000, uint16 0xFFFF, and so on */
export function sunspecNotAvailable(type: ValueType): bigint | undefined {
  const bits = bitsOf(type);
  if (bits === 0 || type === 'bool' || /^(float|bcd|mod10k)/.test(type)) return undefined;
  return type.startsWith('u') ? (1n << BigInt(bits)) - 1n : 1n << BigInt(bits - 1);
}

/** The greatest number of the type, which ABB, Huawei and Sungrow send for "no value": 0x7FFF for int16, 0xFFFF for uint16, and so on. */
export function greatestNotAvailable(type: ValueType): bigint | undefined {
  const pattern = sunspecNotAvailable(type);
  return pattern === undefined || type.startsWith('u') ? pattern : pattern - 1n;
}

/** Names of conventions for "no value". */
const conventions = new Map<unknown, (type: ValueType) => bigint | undefined>([
  [true, sunspecNotAvailable],
  ['sunspec', sunspecNotAvailable],
  ['greatest', greatestNotAvailable],
]);

/** @param bad reports a problem at a node of the file  @returns undefined when the point has none of these keys */
export function parseMeaning(
  map: YAMLMap,
  type: ValueType,
  profileDefault: unknown,
  bad: (node: unknown, what: string) => void,
): Meaning | undefined {
  const number = (key: string): number | undefined => {
    if (!map.has(key)) return undefined;
    const v = map.get(key);
    if (typeof v === 'number' && Number.isFinite(v)) return v;
    bad(map.get(key, true), `${key} "${String(v)}": a number`);
    return undefined;
  };
  const min = number('min');
  const max = number('max');
  if (min !== undefined && max !== undefined && min > max) bad(map.get('min', true), `min ${min} is above max ${max}`);
  const own = map.has('notAvailable') ? map.get('notAvailable') : profileDefault;
  const notAvailable = patterns(own, type, (what) => bad(map.get('notAvailable', true) ?? map, what), map.has('notAvailable'));
  const texts = table(map, 'texts', bad);
  const flags = table(map, 'flags', bad);
  if ((texts || flags) && !/^u?int/.test(type))
    bad(map.get('texts', true) ?? map.get('flags', true), `texts and flags are for integers, not for ${type}`);
  if (texts && flags) bad(map.get('flags', true), 'texts and flags exclude each other');
  const sign = map.get('signMagnitude') ?? false;
  if (typeof sign !== 'boolean') bad(map.get('signMagnitude', true), `signMagnitude "${String(sign)}": true or false`);
  else if (sign && !/^u?int/.test(type)) bad(map.get('signMagnitude', true), `signMagnitude is for integers, not for ${type}`);
  if (notAvailable.size === 0 && min === undefined && max === undefined && !texts && !flags && sign !== true) return undefined;
  return {
    notAvailable,
    min,
    max,
    texts,
    flags: flags && new Map([...flags].map(([bit, name]) => [Number(bit), name])),
    signMagnitude: sign === true,
  };
}

function patterns(given: unknown, type: ValueType, bad: (what: string) => void, own: boolean): ReadonlySet<bigint> {
  if (given === undefined || given === false || given === null) return new Set();
  const bits = bitsOf(type);
  const convention = conventions.get(given);
  if (convention) {
    const pattern = convention(type);
    // as a default of the profile it is for the types that have one
    if (pattern === undefined && own && !type.startsWith('float'))
      bad(`notAvailable: ${type} has no value of its own for that; give the number`);
    return new Set(pattern === undefined ? [] : [pattern]);
  }
  const list = isSeq(given) ? given.items.map((i) => (isScalar(i) ? i.value : i)) : [given];
  const out = new Set<bigint>();
  for (const v of list) {
    let n: bigint | undefined;
    if (typeof v === 'number' && Number.isInteger(v)) n = BigInt(v);
    else if (typeof v === 'bigint') n = v;
    else if (typeof v === 'string' && /^-?(0x[0-9a-f]+|\d+)$/i.test(v)) n = v.startsWith('-') ? -BigInt(v.slice(1)) : BigInt(v);
    if (n === undefined || bits === 0)
      bad(
        `notAvailable "${String(v)}": write sunspec, greatest, a whole number or a list of them (for types with registers of a fixed number)`,
      );
    else out.add(BigInt.asUintN(bits, n));
  }
  return out;
}

function table(map: YAMLMap, key: string, bad: (node: unknown, what: string) => void): Map<bigint, string> | undefined {
  if (!map.has(key)) return undefined;
  const node = map.get(key);
  const out = new Map<bigint, string>();
  if (!isMap(node)) bad(map.get(key, true), `${key}: a map of number: text, as in {0: off, 1: on}`);
  else
    for (const pair of node.items) {
      const k = isScalar(pair.key) ? pair.key.value : pair.key;
      const v = isScalar(pair.value) ? pair.value.value : undefined;
      const n =
        typeof k === 'number' && Number.isInteger(k)
          ? BigInt(k)
          : typeof k === 'string' && /^0x[0-9a-f]+$/i.test(k)
            ? BigInt(k)
            : undefined;
      if (n === undefined || v === undefined || v === null) bad(pair.key, `${key}: "${String(k)}" must be a whole number with a text`);
      else out.set(n, String(v));
    }
  return out;
}

/** Thrown for registers that say that they have no value. */
export class NotAvailable extends Error {
  constructor() {
    super('not available');
    this.name = 'NotAvailable';
  }
}

/** @param bits the registers as one number, unsigned  @throws NotAvailable */
export function checkAvailable(meaning: Meaning | undefined, bits: bigint): void {
  if (meaning?.notAvailable.has(bits)) throw new NotAvailable();
}

/** @param v after scaling  @throws Error when it is not a possible value */
export function checkRange({ min, max }: Meaning, v: Value): void {
  if (typeof v !== 'number' && typeof v !== 'bigint') return;
  if ((min !== undefined && v < min) || (max !== undefined && v > max))
    throw new Error(`${v} is outside ${min ?? 'minus infinity'} to ${max ?? 'infinity'}`);
}

/** A state's text, or the names of the bits that are set. A number without a text stays one, as text. */
export function textOf({ texts, flags }: Meaning, raw: bigint): Value | undefined {
  if (texts) return texts.get(raw) ?? String(raw);
  if (!flags) return undefined;
  return [...flags].filter(([bit]) => (raw >> BigInt(bit)) & 1n).map(([, name]) => name);
}

/** The number of a text. @throws Error with the texts that there are */
export function rawOfText({ texts }: Meaning, v: Value): Value {
  if (!texts || typeof v !== 'string') return v;
  for (const [raw, text] of texts) if (text === v) return raw;
  throw new Error(`"${v}" is none of its texts (${[...texts.values()].join(', ')})`);
}
