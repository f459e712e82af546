// Sink history: each row goes to a series, its columns are the fields. Delivered when it is on disk; a row that cannot be kept is set aside alone.
import { createHash } from 'node:crypto';
import { encodeJson } from '../../codecs/json/encode.ts';
import type { Historian, StoredValue } from '../../contract/history.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import { rowsRefused, type Sink } from '../../contract/sink.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { isDateTime, type Row, type Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { rowsOf } from '../batch-shared/payload.ts';
import { momentMs, theHistorian } from './moment.ts';

export const sinkOptions: readonly OptionSpec[] = [
  {
    name: 'series',
    type: 'string',
    default: '',
    doc: 'Series of the row; may hold a template such as {{.deviceId}}. Empty: the name of the rule.',
    example: 'hall3/{{.deviceId}}',
  },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to keep. Empty: all but excludeFields.' },
  { name: 'excludeFields', type: 'string[]', default: [], doc: 'Columns that are not kept; series and tsFieldName may use them.' },
  {
    name: 'tsFieldName',
    type: 'string',
    default: '',
    doc: 'Column with the time stamp: ms since 1970, or a datetime. Rows of one series with the same one replace each other. Empty: the moment at which the rule gave the row.',
  },
];

interface SinkProps {
  series: string;
  fields: string[];
  excludeFields: string[];
  tsFieldName: string;
}

export function createHistorySink(): Sink {
  let props: SinkProps;
  let seriesOf: (row: Row) => string;
  let box: Historian;
  return {
    configure(raw) {
      props = parseOptions<SinkProps>('history sink', sinkOptions, raw);
      if (props.fields.length && props.excludeFields.length) throw new Error('fields and excludeFields cannot both be set');
    },
    async open(ctx) {
      box = theHistorian(ctx);
      const { series } = props;
      const engine = createTemplateEngine({ now: () => ctx.clock.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
      seriesOf = series.includes('{{') ? engine.compile(series) : () => series || ctx.getRuleId();
      await box.open();
      ctx.status('connected');
    },
    async collect(ctx, data, _dynamic, atMs) {
      const rows = rowsOf(data);
      const written = new Set<Promise<void>>();
      const refused: Row[] = [];
      let why: unknown;
      rows.forEach((row, index) => {
        try {
          written.add(put(row, index, atMs ?? ctx.clock.now()));
        } catch (error) {
          refused.push(row);
          why ??= error;
        }
      });
      await Promise.all(written);
      if (refused.length === rows.length && refused.length > 0) throw why;
      if (refused.length > 0) throw rowsRefused(`${refused.length} of ${rows.length} rows: ${(why as Error).message}`, refused, why);
    },
    close: () => undefined,
    notes() {
      const { discarded, maxBytes, problem } = box?.state() ?? { discarded: { values: 0, minutes: 0, hours: 0 }, maxBytes: 0, problem: '' };
      const gone = Object.entries(discarded).filter(([, n]) => n > 0);
      return [
        ...(gone.length ? [`The historian is at its bound of ${maxBytes} bytes: it discarded ${gone.map(([k, n]) => `${n} ${k}`).join(', ')} before their time.`] : []), // biome-ignore format: one line
        ...(problem ? [`The historian could not be put in order: ${problem}`] : []),
      ];
    },
  };

  function put(row: Row, index: number, atMs: number): Promise<void> {
    const series = seriesOf(row);
    const { tsFieldName } = props;
    const values = fieldsOf(row, props).flatMap(([name, value]): [string, StoredValue][] => {
      const stored = storedOf(value);
      return stored === undefined ? [] : [[name, stored]];
    });
    if (tsFieldName === '') return box.append({ series, atMs, nth: nthOf(row, index), values });
    return box.append({ series, atMs: momentMs(row[tsFieldName], `time stamp field ${tsFieldName}`), nth: 0, values });
  }
}

/** Tells rows of one millisecond apart, and is the same at each try. */
const nthOf = (row: Row, index: number): number => (createHash('md5').update(encodeJson(row)).digest().readUInt32LE(0) + index) % 2 ** 31;

function fieldsOf(row: Row, { fields, excludeFields, tsFieldName }: SinkProps): readonly (readonly [string, Value])[] {
  if (fields.length) return fields.map((name) => [name, row[name]] as const);
  return Object.entries(row).filter(([name]) => name !== tsFieldName && !excludeFields.includes(name));
}

/** @returns undefined for what is left out */
function storedOf(value: Value): StoredValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return isDateTime(value) ? formatRfc3339(value) : encodeJson(value);
}
