// Units and places on the earth, one export line each. Read by functions/catalogue.ts.
export { convertUnit } from './convert_unit.ts';
export { geoDistance } from './geo_distance.ts';
export { inCircle } from './in_circle.ts';
export { inPolygon } from './in_polygon.ts';
