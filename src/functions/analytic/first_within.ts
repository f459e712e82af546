// SQL first_within(id, time).
import { rowError } from '../../base/errors/gateway-error.ts';
import { defineAnalytic, param } from '../../contract/function.ts';
import { parseDurationMs } from '../../contract/props.ts';
import { brief } from '../../data/go-format.ts';
import { groupKeyOf } from '../../data/group-key.ts';
import type { Value } from '../../data/value.ts';

const MAX_IDS = 100_000;

function timeOf(v: Value): number {
  try {
    const ms = typeof v === 'bigint' ? Number(v) : typeof v === 'string' ? parseDurationMs(v) : v;
    if (typeof ms === 'number' && ms > 0) return ms;
  } catch {
    // said below, with the value
  }
  throw rowError(`the time must be a number of ms above 0 or a text such as "10m", but is ${brief(v)}`);
}

export const firstWithin = defineAnalytic<Map<string, number>>({
  name: 'first_within',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('id', 'any'), param('time', 'any')],
  returns: 'boolean',
  doc: 'True for the first row with this id, and again when the id was not seen for so long: WHERE first_within(id, "10m") drops duplicates, also when they are not neighbours. time is in ms, or a text such as "10m". Ids by value; the oldest of more than 100,000 is forgotten. Null for null.',
  examples: [
    ['first_within(a, "10m")', true, { a: 'x' }],
    ['first_within(a, 1000)', null, { a: null }],
    ['first_within(a, "soon")', { error: 'the time must be' }, { a: 'x' }],
  ],
  init: () => new Map(),
  next(box, args, valid, _site, tsMs) {
    const [id, time] = args;
    const limitMs = timeOf(time);
    if (id == null) return null;
    const seen = box.state;
    const key = groupKeyOf(id);
    const last = seen.get(key);
    const isFirst = last === undefined || tsMs - last >= limitMs;
    if (valid) {
      // put at the end: the map is in order of the last sight
      seen.delete(key);
      seen.set(key, isFirst ? tsMs : Math.max(last!, tsMs));
      for (const [oldest, at] of seen) {
        if (tsMs - at < limitMs && seen.size <= MAX_IDS) break;
        seen.delete(oldest);
      }
    }
    return isFirst;
  },
});
