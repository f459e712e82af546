// A point of a BACnet device: from the text of an option to what is asked, and from the answer to a value of SQL. Used by bacnet.ts.
import bacnet from '@bacnet-js/client';

export interface Point {
  name: string;
  /** As written. */
  text: string;
  object: { type: number; instance: number };
  property: number;
  /** Element of an array; 4294967295 = the whole property. */
  index: number;
}

const ALL = 4_294_967_295;
const MAX_INSTANCE = 4_194_302;

/** `name=analog-input:1`, `name=device:7.object-list[0]`. @throws Error that says what is wrong */
export function pointOf(text: string): Point {
  const m = /^\s*([\p{L}_][\p{L}\d_]*)\s*=\s*([a-z][a-z-]*|\d+)\s*:\s*(\d+)(?:\.([a-z][a-z-]*|\d+)(?:\[(\d+)\])?)?\s*$/u.exec(text);
  if (!m) throw new Error(`"${text}" is not a point: write name=object:instance, as supply=analog-input:1 or unit=analog-input:1.units`);
  const instance = Number(m[3]);
  if (instance > MAX_INSTANCE) throw new Error(`"${text}": instances end at ${MAX_INSTANCE}`);
  return {
    name: m[1]!,
    text: text.trim(),
    object: { type: numberOf(m[2]!, bacnet.ObjectType as unknown as Numbers, 'kind of object', text), instance },
    property: numberOf(m[4] ?? 'present-value', bacnet.PropertyIdentifier as unknown as Numbers, 'property', text),
    index: m[5] === undefined ? ALL : Number(m[5]),
  };
}

type Numbers = Record<string, number | string>;

/** A name of the standard in its own spelling, or a number (makers have numbers of their own). */
function numberOf(word: string, numbers: Numbers, what: string, text: string): number {
  if (/^\d+$/.test(word)) return Number(word);
  const n = numbers[word.replaceAll('-', '_').toUpperCase()];
  if (typeof n !== 'number')
    throw new Error(`"${text}": ${word} is no ${what} of BACnet; write its name (analog-input, present-value) or number`);
  return n;
}

interface Tagged {
  type: number;
  value: unknown;
}

/** @returns one value, or a list when the property has several. @throws Error when the device answered with an error */
export function readValue(values: readonly Tagged[], p: Point): unknown {
  const all = values.map((v) => single(v, p));
  return all.length === 1 ? all[0] : all;
}

function single({ type, value }: Tagged, p: Point): unknown {
  const { ApplicationTag: tag } = bacnet;
  switch (type) {
    case tag.NULL:
      return null;
    case tag.BIT_STRING: {
      const { bitsUsed, value: bytes } = value as { bitsUsed: number; value: number[] };
      return Array.from({ length: bitsUsed }, (_, i) => ((bytes[i >> 3]! >> (i & 7)) & 1) === 1);
    }
    case tag.OBJECTIDENTIFIER: {
      const { type: kind, instance } = value as { type: number; instance: number };
      const name = Object.entries(bacnet.ObjectType).find(([, n]) => n === kind)?.[0];
      return `${name ? name.replaceAll('_', '-').toLowerCase() : kind}:${instance}`;
    }
    case tag.OCTET_STRING:
      return Uint8Array.from(value as number[]);
    case tag.ERROR: {
      const { errorClass, errorCode } = value as { errorClass: number; errorCode: number };
      const code = Object.entries(bacnet.ErrorCode).find(([, n]) => n === errorCode)?.[0];
      throw new Error(`${p.text}: ${code ? code.replaceAll('_', ' ').toLowerCase() : `error ${errorClass}/${errorCode}`}`);
    }
    default:
      return value;
  }
}
