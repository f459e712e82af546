// Lookup table history: the row of the join condition names a moment (column `at`), and a series where DATASOURCE is empty; the answer is what the
// historian has of that moment: "the same hour of last week" is ON h.at = s.ts - 604800000.
import { rowError } from '../../base/errors/gateway-error.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { LookupSource } from '../../contract/source.ts';
import type { Row, Value } from '../../data/value.ts';
import { momentMs, theHistorian } from './moment.ts';

export const lookupOptions: readonly OptionSpec[] = [
  {
    name: 'span',
    as: 'spanMs',
    type: 'duration',
    default: 3_600_000,
    min: 0,
    doc: 'Span whose values are averaged: the one of this length, counted from 1970, that the moment lies in. 0: the last value at or before the moment.',
    example: '1h',
  },
  {
    name: 'maxAge',
    as: 'maxAgeMs',
    type: 'duration',
    default: 3_600_000,
    min: 1,
    doc: 'With span 0: a value that is older than this is no answer.',
  },
];

export function createHistoryLookup(): LookupSource {
  let props: { spanMs: number; maxAgeMs: number };
  let own = '';
  return {
    configure(datasource, raw) {
      props = parseOptions('history lookup', lookupOptions, raw);
      own = datasource;
    },
    async open(ctx) {
      await theHistorian(ctx).open();
    },
    async lookup(ctx, fields, keys, values) {
      const given = (key: string): Value => (keys.includes(key) ? (values[keys.indexOf(key)] as Value) : undefined);
      const odd = keys.find((k) => k !== 'at' && k !== 'series');
      if (odd !== undefined) throw rowError(`history lookup: the join condition can name the columns at and series, not ${odd}`);
      if (!keys.includes('at')) throw rowError('history lookup: the join condition must name the moment, as in ON h.at = s.ts - 3600000');
      const named = given('series');
      const series = own || (named === undefined ? '' : String(named));
      if (series === '') throw rowError('history lookup: DATASOURCE or the join condition must name the series');
      if (own !== '' && named !== undefined && named !== own) return [];
      const at = given('at');
      const found = await read(momentMs(at, 'history lookup: at'));
      if (!found) return [];
      const row: Row = { ...found, at, series };
      return fields.length === 0 ? [row] : [Object.fromEntries(fields.filter((f) => row[f] !== undefined).map((f) => [f, row[f]]))];

      function read(atMs: number): Promise<Row | undefined> {
        const box = theHistorian(ctx);
        const { spanMs, maxAgeMs } = props;
        if (spanMs === 0) return box.last(series, atMs, maxAgeMs);
        const fromMs = atMs - (((atMs % spanMs) + spanMs) % spanMs);
        return box.span(series, fromMs, fromMs + spanMs);
      }
    },
    close: () => undefined,
  };
}
