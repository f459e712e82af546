// Points on the earth for the functions of this folder. Not a function itself.
import { rowError } from '../../../base/errors/gateway-error.ts';
import { describe } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

/** Mean radius, as the haversine formula takes it. */
const EARTH_M = 6_371_008.8;
const rad = (deg: number): number => (deg * Math.PI) / 180;

/** @throws rowError for what is no latitude or longitude */
export function degrees(v: Value, what: 'latitude' | 'longitude'): number {
  const limit = what === 'latitude' ? 90 : 180;
  const n = typeof v === 'bigint' ? Number(v) : v;
  if (typeof n !== 'number' || !(Math.abs(n) <= limit))
    throw rowError(`a ${what} from -${limit} to ${limit} expected, but found ${describe(v)}`);
  return n;
}

/** Great circle, in metres. */
export function distanceM(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const a = Math.sin(rad(lat2 - lat1) / 2) ** 2 + Math.cos(rad(lat1)) * Math.cos(rad(lat2)) * Math.sin(rad(lon2 - lon1) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** Even-odd rule; the corners are joined by straight lines of latitude and longitude. @param corners at least three [lat, lon] */
export function inside(lat: number, lon: number, corners: readonly (readonly [number, number])[]): boolean {
  let is = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [y1, x1] = corners[i]!;
    const [y2, x2] = corners[j]!;
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) is = !is;
  }
  return is;
}
