// From an imported map to the text of a profile: names that are columns, each point checked by the parser of profiles alone. What it refuses goes to the report.
import { stringify } from 'yaml';
import { messageOf } from '../../../base/errors/gateway-error.ts';
import { parseProfile } from '../profile.ts';
import { type ImportedMap, type ImportedPoint, plainName, type Unsaid } from './imported.ts';

export interface FinishedImport {
  readonly id: string;
  /** YAML of the profile; empty when no point could be said. */
  readonly text: string;
  readonly points: number;
  readonly unsaid: readonly Unsaid[];
  readonly remarks: readonly Unsaid[];
}

/** @param source name of the file and its format, for the profile's `about` */
export function finishImport(map: ImportedMap, source: string): FinishedImport {
  const taken = new Set<string>(['device']);
  const unsaid: Unsaid[] = [...map.unsaid];
  const remarks: Unsaid[] = [...map.remarks];
  const points: Record<string, unknown>[] = [];
  const limits = map.limits && Object.keys(map.limits).length > 0 ? { limits: map.limits } : {};
  for (const point of map.points) {
    const name = freeName(point, taken);
    const said = sayPoint(name, point);
    try {
      parseProfile(stringify({ ...limits, points: [said] }), '');
    } catch (error) {
      unsaid.push({
        point: point.label,
        reason: messageOf(error)
          .split('\n')[0]!
          .replace(/^:\d+: (point "[^"]*": )?/, ''),
      });
      continue;
    }
    taken.add(name);
    points.push(said);
  }
  if (points.length === 0) return { id: map.id, text: '', points: 0, unsaid, remarks };
  const about = { maker: map.maker, model: map.model, kind: map.kind, source, seenOnHardware: false };
  const head = stringify({ about, ...limits }, { lineWidth: 0 });
  // one point a line, as people write them
  const lines = points.map((p) => `  - ${stringify(p, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim()}`);
  const text = `${head}points:\n${lines.join('\n')}\n`;
  parseProfile(text, map.id);
  return { id: map.id, text, points: points.length, unsaid, remarks };
}

function freeName(point: ImportedPoint, taken: ReadonlySet<string>): string {
  const own = plainName(point.label);
  const base = own === '' ? `${point.function}_${[point.address].flat().join('_')}` : /^[0-9]/.test(own) ? `p_${own}` : own;
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) if (!taken.has(`${base}_${n}`)) return `${base}_${n}`;
}

/** Keys that say nothing are left out. */
function sayPoint(name: string, point: ImportedPoint): Record<string, unknown> {
  const out: Record<string, unknown> = { name };
  if (point.function !== 'holding') out['function'] = point.function;
  out['address'] = point.address;
  const isBit = point.function === 'coil' || point.function === 'discrete';
  if (!isBit && point.type !== undefined) out['type'] = point.type;
  if (point.registers !== undefined) out['registers'] = point.registers;
  if (point.order !== undefined && point.order !== 'ABCD') out['order'] = point.order;
  if (point.bit !== undefined) out['bit'] = point.bit;
  if (point.bits !== undefined && point.bits !== 1) out['bits'] = point.bits;
  if (point.scale !== undefined && point.scale !== 1) out['scale'] = point.scale;
  if (point.offset !== undefined && point.offset !== 0) out['offset'] = point.offset;
  if (point.unit) out['unit'] = point.unit;
  if (point.min !== undefined) out['min'] = point.min;
  if (point.max !== undefined) out['max'] = point.max;
  if (point.notAvailable?.length) out['notAvailable'] = point.notAvailable.length === 1 ? point.notAvailable[0] : point.notAvailable;
  if (point.signMagnitude) out['signMagnitude'] = true;
  if (point.texts && Object.keys(point.texts).length > 0)
    out['texts'] = new Map(Object.entries(point.texts).map(([k, v]) => [Number(k), v]));
  if (point.writable) out['writable'] = true;
  return out;
}
