// The historian over REST: series with their latest values, values over time for plots, SELECTs. Ours; eKuiper has nothing like it.
import { parseDurationMs } from '../../base/duration.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';
import type { Historian } from '../../contract/history.ts';
import { queryBody } from '../bodies.ts';
import { json, text } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

const MAX_POINTS = 5000;
const DEFAULT_POINTS = 300;
const HOUR_MS = 3_600_000;
/** @source ECMAScript: the last moment that a Date holds */
const MAX_MS = 8.64e15;

export function historyRoutes(service: { historian?: Historian | undefined }, now: () => number = Date.now): Route[] {
  const box = (): Historian => {
    if (!service.historian) throw refuse('this gateway has no historian');
    return service.historian;
  };
  return [
    {
      method: 'GET',
      path: '/history',
      async handle() {
        const series = await box().series();
        return json({ ...box().state(), series });
      },
    },
    {
      method: 'GET',
      path: '/history/{series}',
      async handle({ params, query }) {
        const nowMs = now();
        const toMs = momentOf('to', query.get('to'), nowMs) ?? nowMs;
        const fromMs = momentOf('from', query.get('from'), nowMs) ?? Math.max(0, toMs - HOUR_MS);
        if (fromMs >= toMs) throw refuse(`from (${new Date(fromMs).toISOString()}) must be before to (${new Date(toMs).toISOString()})`);
        const asked = query.get('points') || String(DEFAULT_POINTS);
        if (!/^\d{1,4}$/.test(asked) || Number(asked) < 1 || Number(asked) > MAX_POINTS)
          throw refuse(`points: ${shownValue(asked)} is not a number from 1 to ${MAX_POINTS}`);
        const fields = (query.get('fields') ?? '').split(',').filter((f) => f !== '');
        return json(await box().plot({ series: params['series']!, fromMs, toMs, points: Number(asked), fields }));
      },
    },
    {
      method: 'DELETE',
      path: '/history/{series}',
      async handle({ params }) {
        const series = params['series']!;
        if (!(await box().remove(series))) throw new GatewayError('HISTORY_UNKNOWN_SERIES', { series });
        return text(`Series ${series} is removed.`);
      },
    },
    {
      method: 'POST',
      path: '/history/query',
      async handle(r) {
        const body = bodyObject(r, 'Invalid body: Error decoding json', queryBody);
        return json(await box().query(textMember(body, 'sql', 'Invalid body')));
      },
    },
  ];
}

const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: why });

/** @returns undefined when it is not given  @throws GatewayError SERVICE_REFUSED */
function momentOf(name: string, given: string | null, nowMs: number): number | undefined {
  if (given === null || given === '') return undefined;
  const days = /^-(\d{1,5})d$/.exec(given);
  let ms: number;
  if (/^\d{1,16}$/.test(given)) ms = Number(given);
  else if (days) ms = nowMs - Number(days[1]) * 24 * HOUR_MS;
  else if (given.startsWith('-')) ms = nowMs - spanOf(given.slice(1));
  else ms = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (!(ms >= 0 && ms <= MAX_MS))
    throw refuse(`${name}: ${shownValue(given)} is neither ms since 1970, nor an RFC 3339 time, nor a span such as -1h`);
  return ms;
}

function spanOf(given: string): number {
  try {
    return parseDurationMs(given);
  } catch {
    return Number.NaN; // told by the caller with the name of the parameter
  }
}
