// Answers of the historian about a span of time: for plots, for REST and for lookup tables. Old spans come from minutes and hours where the values are
// gone, wide ones where values would be too many. Made by index.ts.
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Plot, PlotPoint, PlotRequest } from '../contract/history.ts';
import type { Row, Value } from '../data/value.ts';
import type { Box } from './box.ts';
import type { Name } from './names.ts';
import type { Reader } from './reader.ts';
import { type Exact, exactValue, HOUR_MS, isNumber, MINUTE_MS, storedValue } from './tables.ts';

interface Sum {
  name: number;
  span: number;
  n: number;
  least: number;
  greatest: number;
  sum: number;
}

type Detail = Plot['detail'];

const stepOf: Readonly<Record<Detail, number>> = { values: 1, minutes: MINUTE_MS, hours: HOUR_MS };
const wholeUp = (ms: number, step: number) => Math.ceil(ms / step) * step;
const wholeDown = (ms: number, step: number) => Math.floor(ms / step) * step;

export class Reading {
  private readonly box: Box;
  private readonly reader: () => Promise<Reader>;

  constructor(box: Box, reader: () => Promise<Reader>) {
    this.box = box;
    this.reader = reader;
  }

  /** @throws GatewayError HISTORY_UNKNOWN_SERIES */
  async plot({ series, fromMs, toMs, points, fields }: PlotRequest): Promise<Plot> {
    const names = this.box.names.of(series, fields);
    if (!names) throw new GatewayError('HISTORY_UNKNOWN_SERIES', { series });
    const widthMs = Math.max(1, Math.ceil((toMs - fromMs) / points));
    const detail: Detail = widthMs >= HOUR_MS ? 'hours' : widthMs >= MINUTE_MS ? 'minutes' : 'values';
    const stepMs = wholeUp(widthMs, stepOf[detail]);
    // sums of a minute or an hour belong to the span they begin in: spans begin at whole ones
    const beginMs = wholeDown(fromMs, detail === 'values' ? 1 : stepMs);
    const rows = await this.sums(names, beginMs, toMs, stepMs, detail);
    const byName = new Map<number, PlotPoint[]>(names.map((n) => [n.id, []]));
    for (const r of rows) byName.get(r.name)!.push([beginMs + r.span * stepMs, r.sum / r.n, r.least, r.greatest, r.n]);
    return {
      series,
      fromMs,
      toMs,
      stepMs,
      detail,
      fields: Object.fromEntries(names.map((n) => [n.field, byName.get(n.id)!])),
    };
  }

  async span(series: string, fromMs: number, toMs: number): Promise<Row | undefined> {
    const names = this.box.names.of(series);
    if (!names) return undefined;
    const whole = (step: number) => fromMs % step === 0 && toMs % step === 0;
    const detail: Detail = whole(HOUR_MS) ? 'hours' : whole(MINUTE_MS) ? 'minutes' : 'values';
    const found = new Map((await this.sums(names, fromMs, toMs, toMs - fromMs, detail)).map((r) => [r.name, r]));
    if (found.size === 0) return undefined;
    const row: Row = {};
    for (const { id, field } of names) {
      const r = found.get(id);
      if (!r) continue;
      row[field] = r.sum / r.n;
      row[`${field}_min`] = r.least;
      row[`${field}_max`] = r.greatest;
      row[`${field}_count`] = BigInt(r.n);
    }
    return row;
  }

  async last(series: string, atMs: number, maxAgeMs: number): Promise<Row | undefined> {
    const names = this.box.names.of(series);
    if (!names) return undefined;
    const reader = await this.reader();
    const row: Row = {};
    for (const { id, field } of names) {
      const ask = (table: string) =>
        reader.all<Exact>(`SELECT ${exactValue} FROM ${table} WHERE name = ? AND at <= ? AND at >= ? ORDER BY at DESC, nth DESC LIMIT 1`, [
          id,
          atMs,
          atMs - maxAgeMs,
        ]);
      const [found] = await ask('recent');
      const value = found ?? (await ask('raw'))[0];
      if (value) row[field] = storedValue(value) as Value;
    }
    return Object.keys(row).length > 0 ? row : undefined;
  }

  /** Sums of spans of `stepMs` from `fromMs` on; spans without values are left out. */
  private async sums(names: readonly Name[], fromMs: number, toMs: number, stepMs: number, detail: Detail): Promise<Sum[]> {
    const { sortedMs } = this.box;
    /** Where the finer ones begin; what begins within a minute or hour whose values are gone is taken whole rather than left out. */
    const edge = (mark: string, unitMs: number) => (this.box.mark(mark) > fromMs ? wholeUp(this.box.mark(mark), unitMs) : fromMs);
    const hoursTo = Math.min(toMs, detail === 'hours' ? wholeDown(sortedMs, HOUR_MS) : edge('minutesFrom', HOUR_MS));
    const minutesTo = Math.min(toMs, detail === 'values' ? edge('rawFrom', MINUTE_MS) : sortedMs);
    const parts: string[] = [];
    const params: number[] = [];
    const add = (select: string, from: number, to: number) => {
      parts.push(`SELECT ${select} WHERE name IN (${names.map((n) => n.id).join(',')}) AND at >= ? AND at < ?`);
      params.push(from, to);
    };
    let at = fromMs;
    if (hoursTo > at) {
      add('name, at, n, least, greatest, sum FROM hours', wholeDown(at, HOUR_MS), hoursTo);
      at = hoursTo;
    }
    if (minutesTo > at) {
      add('name, at, n, least, greatest, sum FROM minutes', wholeDown(at, MINUTE_MS), minutesTo);
      at = minutesTo;
    }
    if (toMs > at)
      for (const table of ['raw', 'recent'])
        add(
          `name, at, 1 AS n, value AS least, value AS greatest, value AS sum FROM (SELECT * FROM ${table} WHERE ${isNumber('value')})`,
          at,
          toMs,
        );
    if (parts.length === 0 || names.length === 0) return [];
    const reader = await this.reader();
    return reader.all<Sum>(
      `SELECT name, max(0, (at - ${fromMs}) / ${stepMs}) AS span, sum(n) AS n, min(least) AS least, max(greatest) AS greatest, total(sum) AS sum
       FROM (${parts.join(' UNION ALL ')}) GROUP BY name, span ORDER BY name, span`,
      params,
    );
  }
}
