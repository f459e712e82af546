// SQL geo_distance(lat1, lon1, lat2, lon2).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { degrees, distanceM } from './geo.ts';

export const geoDistance = defineScalar({
  name: 'geo_distance',
  group: 'measure',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('lat1', 'number'), param('lon1', 'number'), param('lat2', 'number'), param('lon2', 'number')],
  returns: 'float',
  doc: 'Distance of two points on the earth along the great circle, in metres. Degrees, south and west negative.',
  examples: [
    ['round(geo_distance(52.52, 13.405, 48.1374, 11.5755) / 1000)', 504],
    ['geo_distance(1.5, 2.5, 1.5, 2.5)', 0],
    ['geo_distance(a, 0, 0, 0)', null, { a: null }],
    ['geo_distance(91, 0, 0, 0)', { error: 'a latitude from -90 to 90 expected' }],
  ],
  exec: (lat1: Value, lon1: Value, lat2: Value, lon2: Value) =>
    distanceM(degrees(lat1, 'latitude'), degrees(lon1, 'longitude'), degrees(lat2, 'latitude'), degrees(lon2, 'longitude')),
});
