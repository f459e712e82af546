// Geohashes as text (12 characters) and as 64-bit integers: ten functions in one plugin, named by geohash.json.
// Method and rounding follow the well-known Go package mmcloughlin/geohash, which eKuiper's plugin uses: latitude and longitude in 32 bits
// each, interleaved, longitude first. Integers are bigint.
import type { ArgFact } from 'kuiper-gateway';

const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz';
const TEXT_LENGTH = 12;
const DIRECTIONS = ['North', 'NorthEast', 'East', 'SouthEast', 'South', 'SouthWest', 'West', 'NorthWest'];
/** Steps in latitude and longitude, in the order of DIRECTIONS. */
const STEPS: readonly (readonly [number, number])[] = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
];

interface Box {
  MinLat: number;
  MaxLat: number;
  MinLng: number;
  MaxLng: number;
}

const toGrid = (x: number, range: number): bigint =>
  BigInt(Math.min(2 ** 32 - 1, Math.max(0, Math.floor(((x + range) / (2 * range)) * 2 ** 32))));

function encodeBits(lat: number, lng: number): bigint {
  const y = toGrid(lat, 90);
  const x = toGrid(lng, 180);
  let out = 0n;
  for (let i = 31n; i >= 0n; i--) out = (out << 2n) | (((x >> i) & 1n) << 1n) | ((y >> i) & 1n);
  return out;
}

/** @param bits number of leading bits of `hash` */
function boxOf(hash: bigint, bits: number): Box {
  let y = 0n;
  let x = 0n;
  let yBits = 0;
  let xBits = 0;
  for (let i = 0; i < bits; i++) {
    const bit = (hash >> BigInt(bits - 1 - i)) & 1n;
    if (i % 2 === 0) {
      x = (x << 1n) | bit;
      xBits++;
    } else {
      y = (y << 1n) | bit;
      yBits++;
    }
  }
  const latStep = 180 / 2 ** yBits;
  const lngStep = 360 / 2 ** xBits;
  const MinLat = Number(y) * latStep - 90;
  const MinLng = Number(x) * lngStep - 180;
  return { MinLat, MaxLat: MinLat + latStep, MinLng, MaxLng: MinLng + lngStep };
}

/** The point of a box with the fewest decimals. */
function pointOf(b: Box): { Longitude: number; Latitude: number } {
  const round = (min: number, max: number) => {
    const power = Math.floor(Math.log10(max - min));
    // by division, since 10 to a negative power is not exact
    return power < 0 ? Math.ceil(min * 10 ** -power) / 10 ** -power : Math.ceil(min / 10 ** power) * 10 ** power;
  };
  return { Longitude: round(b.MinLng, b.MaxLng), Latitude: round(b.MinLat, b.MaxLat) };
}

const bitsToText = (bits: bigint, length: number): string =>
  Array.from({ length }, (_, i) => ALPHABET[Number((bits >> BigInt(5 * (length - 1 - i))) & 31n)]).join('');

const encodeText = (lat: number, lng: number, length: number): string =>
  bitsToText(encodeBits(lat, lng) >> BigInt(64 - 5 * length), length);

function textBox(text: string): Box {
  let bits = 0n;
  for (const c of text) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(c));
  return boxOf(bits, 5 * text.length);
}

function neighbour(b: Box, [dLat, dLng]: readonly [number, number]): [lat: number, lng: number] {
  const lat = (b.MinLat + b.MaxLat) / 2 + dLat * (b.MaxLat - b.MinLat);
  const lng = (b.MinLng + b.MaxLng) / 2 + dLng * (b.MaxLng - b.MinLng);
  // around the world
  return [lat, lng >= 180 ? lng - 360 : lng < -180 ? lng + 360 : lng];
}

const numberArg = (v: unknown, i: number): number => {
  const n = typeof v === 'bigint' ? Number(v) : v;
  if (typeof n !== 'number' || Number.isNaN(n)) throw new Error(`arg[${i}] is not a number, got ${String(v)}`);
  return n;
};

function latLng(args: readonly unknown[]): [number, number] {
  const lat = numberArg(args[0], 0);
  const lng = numberArg(args[1], 1);
  if (lat < -90 || lat > 90) throw new Error(`arg[0] is not a latitude between -90 and 90, got ${lat}`);
  if (lng < -180 || lng > 180) throw new Error(`arg[1] is not a longitude between -180 and 180, got ${lng}`);
  return [lat, lng];
}

function textArg(v: unknown): string {
  if (typeof v !== 'string' || v === '' || v.length > TEXT_LENGTH || [...v].some((c) => !ALPHABET.includes(c)))
    throw new Error(`arg[0] is not a geohash, got ${String(v)}`);
  return v;
}

function bitsArg(v: unknown): bigint {
  if (typeof v === 'bigint') return BigInt.asUintN(64, v);
  if (typeof v === 'number' && Number.isInteger(v)) return BigInt.asUintN(64, BigInt(v));
  throw new Error(`arg[0] is not a bigint, got ${String(v)}`);
}

function stepArg(v: unknown): readonly [number, number] {
  const i = DIRECTIONS.indexOf(String(v));
  if (i < 0) throw new Error(`arg[1] is not a direction (${DIRECTIONS.join(', ')}), got ${String(v)}`);
  return STEPS[i]!;
}

const define = (count: number, exec: (args: readonly unknown[]) => unknown) =>
  class {
    validate(args: readonly ArgFact[]): void {
      if (args.length !== count) throw new Error(`Expect ${count} arguments but found ${args.length}.`);
    }
    exec(args: readonly unknown[]): unknown {
      return exec(args);
    }
  };

export const GeohashEncode = define(2, (a) => encodeText(...latLng(a), TEXT_LENGTH));
export const GeohashEncodeInt = define(2, (a) => encodeBits(...latLng(a)));
export const GeohashDecode = define(1, ([h]) => pointOf(textBox(textArg(h))));
export const GeohashDecodeInt = define(1, ([h]) => pointOf(boxOf(bitsArg(h), 64)));
export const GeohashBoundingBox = define(1, ([h]) => textBox(textArg(h)));
export const GeohashBoundingBoxInt = define(1, ([h]) => boxOf(bitsArg(h), 64));
export const GeohashNeighbor = define(2, ([h, d]) => encodeText(...neighbour(textBox(textArg(h)), stepArg(d)), String(h).length));
export const GeohashNeighborInt = define(2, ([h, d]) => encodeBits(...neighbour(boxOf(bitsArg(h), 64), stepArg(d))));
export const GeohashNeighbors = define(1, ([h]) => STEPS.map((s) => encodeText(...neighbour(textBox(textArg(h)), s), String(h).length)));
export const GeohashNeighborsInt = define(1, ([h]) => STEPS.map((s) => encodeBits(...neighbour(boxOf(bitsArg(h), 64), s))));
