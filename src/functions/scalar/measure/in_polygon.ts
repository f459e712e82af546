// SQL in_polygon(lat, lon, polygon).
import { spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { parseJsonText } from '../../../data/json-text.ts';
import type { Value } from '../../../data/value.ts';
import { degrees, inside } from './geo.ts';

function cornersOf(v: Value): [number, number][] {
  if (!Array.isArray(v) || v.length < 3) throw rowError('a polygon has three corners at least');
  return v.map((corner): [number, number] => {
    if (!Array.isArray(corner) || corner.length < 2) throw rowError('a corner is a list [lat, lon]');
    return [degrees(corner[0], 'latitude'), degrees(corner[1], 'longitude')];
  });
}

export const inPolygon = defineScalar({
  name: 'in_polygon',
  group: 'measure',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('lat', 'number'), param('lon', 'number'), param('polygon')],
  returns: 'boolean',
  doc: 'True when the point is inside of the polygon: a geofence of any shape. The polygon is a list of corners [lat, lon], or the JSON text of one.',
  examples: [
    ['in_polygon(1, 1, "[[0,0],[0,2],[2,2],[2,0]]")', true],
    ['in_polygon(3, 1, "[[0,0],[0,2],[2,2],[2,0]]")', false],
    [
      'in_polygon(1, 1, a)',
      true,
      {
        a: [
          [0, 0],
          [0, 3],
          [3, 0],
        ],
      },
    ],
    ['in_polygon(a, 1, "[[0,0],[0,2],[2,2]]")', null, { a: null }],
    ['in_polygon(1, 1, "[[0,0],[1,1]]")', { error: 'a polygon has three corners at least' }],
    ['in_polygon(1, 1, a)', { error: 'a corner is a list [lat, lon]' }, { a: [[0, 0], [0, 1], 5] }],
  ],
  compile: ([lat, lon, polygon]) => {
    let text: string | undefined;
    let known: [number, number][] = [];
    return (row) => {
      const shape = polygon!(row);
      let corners: [number, number][];
      if (typeof shape === 'string') {
        // nearly always a literal: read once
        if (shape !== text) {
          known = cornersOf(parseJsonText(shape));
          text = shape;
        }
        corners = known;
      } else corners = cornersOf(shape);
      spend(corners.length);
      return inside(degrees(lat!(row), 'latitude'), degrees(lon!(row), 'longitude'), corners);
    };
  },
});
