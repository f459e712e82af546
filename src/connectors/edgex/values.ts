// Values of readings: EdgeX writes numbers and lists as texts, and names their type beside them. Both ways. Used by event.ts and sink.ts.
import { isDateTime, type Value } from '../../data/value.ts';

const INT_BITS: Readonly<Record<string, readonly [boolean, number]>> = {
  Int8: [true, 8],
  Int16: [true, 16],
  Int32: [true, 32],
  Int64: [true, 64],
  Uint8: [false, 8],
  Uint16: [false, 16],
  Uint32: [false, 32],
  Uint64: [false, 64],
};
const isFloat = (type: string): boolean => type === 'Float32' || type === 'Float64';
const elementOf = (type: string): string | undefined => (type.endsWith('Array') ? type.slice(0, -'Array'.length) : undefined);

/** @source Go, strconv.ParseBool */
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** @returns the value; a type that nobody knows is text  @throws Error when the text is not of the type */
export function readValue(text: string, type: string): Value {
  const element = elementOf(type);
  if (element !== undefined) return elementsOf(text, element).map((e) => readValue(e, element));
  if (type === 'Bool') {
    if (TRUE.includes(text)) return true;
    if (FALSE.includes(text)) return false;
    throw new Error(`"${text.slice(0, 40)}" is not Bool`);
  }
  if (INT_BITS[type]) {
    if (!/^[+-]?\d{1,20}$/.test(text)) throw new Error(`"${text.slice(0, 40)}" is not ${type}`);
    return BigInt(text);
  }
  if (isFloat(type)) {
    const n = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(n) && !/^nan$/i.test(text)) throw new Error(`"${text.slice(0, 40)}" is not ${type}`);
    return n;
  }
  return text;
}

/** Elements as texts: of a JSON list, or as EdgeX writes lists of texts, without quotes. */
function elementsOf(text: string, element: string): string[] {
  const t = text.trim();
  if (!t.startsWith('[') || !t.endsWith(']')) throw new Error(`"${text.slice(0, 40)}" is not a list`);
  const inside = t.slice(1, -1).trim();
  if (inside === '') return [];
  if (element !== 'String') return inside.split(',').map((e) => e.trim().replace(/^"(.*)"$/, '$1'));
  try {
    const list: unknown = JSON.parse(t);
    if (Array.isArray(list) && list.every((e) => typeof e === 'string')) return list;
  } catch {
    // not JSON: as EdgeX's own library writes it
  }
  return inside.split(', ');
}

/** What of a reading a value is: as a text, as bytes, or as an object. */
export type Written = { type: string } & ({ value: string } | { bytes: Uint8Array } | { object: Value });

/** @returns the value with the type that fits it best, as eKuiper chooses it */
export function writeValue(value: Value): Written {
  if (value instanceof Uint8Array) return { type: 'Binary', bytes: value };
  if (Array.isArray(value)) {
    const type = value.length === 0 ? 'String' : simpleType(value[0]);
    return type === undefined ? { type: 'Object', object: value } : writeAs(value, `${type}Array`);
  }
  const type = simpleType(value);
  return type === undefined ? { type: 'Object', object: value } : writeAs(value, type);
}

function simpleType(value: Value): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return 'Bool';
    case 'bigint':
      return 'Int64';
    case 'number':
      return 'Float64';
    case 'string':
      return 'String';
    default:
      return undefined;
  }
}

/** @throws Error when the value is not of the type */
export function writeAs(value: Value, type: string): Written {
  if (type === 'Object') return { type, object: value };
  if (type === 'Binary') {
    if (value instanceof Uint8Array) return { type, bytes: value };
    if (typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)) return { type, bytes: Buffer.from(value, 'base64') };
    throw new Error('the value is neither bytes nor base64');
  }
  const element = elementOf(type);
  if (element === undefined) return { type, value: textAs(value, type) };
  if (!Array.isArray(value)) throw new Error(`the value is not ${type}`);
  // texts as JSON, which can be read back; EdgeX's own library writes them without quotes
  if (element === 'String') return { type, value: JSON.stringify(value.map((v) => textAs(v, element))) };
  return { type, value: `[${value.map((v) => textAs(v, element)).join(', ')}]` };
}

function textAs(value: Value, type: string): string {
  if (type === 'Bool' && typeof value === 'boolean') return String(value);
  if (type === 'String' && typeof value === 'string') return value;
  const range = INT_BITS[type];
  const n = typeof value === 'bigint' ? value : typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
  if (range && n !== undefined) {
    const [signed, bits] = range;
    if ((signed ? BigInt.asIntN(bits, n) : BigInt.asUintN(bits, n)) === n) return n.toString();
  }
  if (isFloat(type) && typeof value === 'bigint') return floatText(Number(value));
  if (isFloat(type) && typeof value === 'number') return floatText(type === 'Float32' ? shortFloat32(value) : value);
  throw new Error(`${isDateTime(value) ? 'a date' : String(value).slice(0, 40)} is not ${type}`);
}

/** The shortest text that is the same float32. */
function shortFloat32(value: number): number {
  const exact = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(exact.toPrecision(digits));
    if (Math.fround(short) === exact) return short;
  }
  return exact;
}

/** As Go writes it: an exponent of two digits at least. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
