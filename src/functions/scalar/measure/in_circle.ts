// SQL in_circle(lat, lon, center_lat, center_lon, radius_m).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { degrees, distanceM } from './geo.ts';

export const inCircle = defineScalar({
  name: 'in_circle',
  group: 'measure',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [
    param('lat', 'number'),
    param('lon', 'number'),
    param('center_lat', 'number'),
    param('center_lon', 'number'),
    param('radius_m', 'number'),
  ],
  returns: 'boolean',
  doc: 'True when the point is at most so many metres from the centre: a round geofence.',
  examples: [
    ['in_circle(52.52, 13.405, 52.5205, 13.406, 200)', true],
    ['in_circle(52.52, 13.405, 48.1374, 11.5755, 200)', false],
    ['in_circle(a, 13.405, 52.52, 13.405, 200)', null, { a: null }],
    ['in_circle(0, 200, 0, 0, 1)', { error: 'a longitude from -180 to 180 expected' }],
  ],
  exec: (lat: Value, lon: Value, centerLat: Value, centerLon: Value, radius: Value) =>
    distanceM(degrees(lat, 'latitude'), degrees(lon, 'longitude'), degrees(centerLat, 'latitude'), degrees(centerLon, 'longitude')) <=
    Number(radius),
});
