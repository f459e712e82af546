// A rule as SQL of an engine of the data centre (Flink, RisingWave), with a list of what cannot be said. From the typed tree, never from text. When
// anything that changes the result cannot be said, there is no query: half a query gives wrong rows. Used by rest/routes/translate.ts.
import type { SqlCompatibility } from '../../base/sql-compatibility.ts';
import type { FieldDef } from '../../contract/schema.ts';
import { parseSelect, printExpr, type SelectStatement, type WindowExpr } from '../../sql/index.ts';
import type { SourceDefinition } from '../streams/definition.ts';
import { optionOf } from '../streams/definition.ts';
import { type Dialect, dialectOf, type Engine } from './dialect.ts';
import { aggregates, type Saying, say } from './expression.ts';

export interface Translation {
  engine: Engine;
  /** '' when something cannot be said. */
  sql: string;
  /** What cannot be said, each as it is written, with the reason. */
  cannot: string[];
  /** Differences that stay, and what is left to be filled in. */
  notes: string[];
}

export interface TranslatedRule {
  id: string;
  sql: string;
  isEventTime: boolean;
  lateToleranceMs: number;
  compatibility: SqlCompatibility;
  /** Kinds of its actions. */
  actions: readonly string[];
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, ss: 1000, mi: 60_000, hh: 3_600_000, dd: 86_400_000 };
const EVENT_TIME = 'event_time';
const PROC_TIME = 'proc_time';

export function translate(engine: Engine, rule: TranslatedRule, find: (name: string) => SourceDefinition | undefined): Translation {
  const dialect = dialectOf(engine);
  const cannot = new Set<string>();
  const notes = new Set<string>();
  const statement = parseSelect(rule.sql, rule.compatibility);
  if (rule.compatibility === 'ekuiper') notes.add("the rule gives eKuiper's answers; there they are those of standard SQL");
  const { name, alias } = statement.from;
  const source = find(name);
  const done = (sql: string): Translation => ({ engine, sql: cannot.size > 0 ? '' : sql, cannot: [...cannot], notes: [...notes] });
  if (!source || statement.from.query) {
    cannot.add(statement.from.query ? 'FROM (SELECT …): steps of a rule are not translated' : `${name}: there is no such stream`);
    return done('');
  }
  refuseParts(statement, cannot);
  const fields = source.statement.fields as readonly FieldDef[];
  if (fields.length === 0) cannot.add(`${name}: the stream declares no columns, and ${dialect.title} needs their types`);
  if (source.kind === 'table') cannot.add(`${name}: a table is not a stream of rows`);
  const timestamp = optionOf(source, 'TIMESTAMP');
  const eventTime = rule.isEventTime && typeof timestamp === 'string';
  if (rule.isEventTime && !eventTime) cannot.add(`${name}: the rule follows the time of events, and the stream names no TIMESTAMP`);
  const time = eventTime ? EVENT_TIME : PROC_TIME;
  const to: Saying = {
    dialect,
    sources: new Set([name, ...(alias ? [alias] : [])]),
    order: eventTime || engine === 'flink' ? time : '',
    cannot,
    notes,
  };
  const query = select(statement, to, fields, time, eventTime);
  notes.add(
    `the actions of the rule (${rule.actions.join(', ') || 'none'}) are not translated: write a sink of ${dialect.title} over the view`,
  );
  notes.add('a row that cannot be computed is an error of that row here; there it may end the job');
  const view = dialect.quote(rule.id);
  return done(
    `${table(dialect, source, fields, eventTime ? String(timestamp) : undefined, rule.lateToleranceMs, notes)}\n\nCREATE ${engine === 'flink' ? '' : 'MATERIALIZED '}VIEW ${view} AS\n${query};\n`,
  );
}

function refuseParts(s: SelectStatement, cannot: Set<string>): void {
  const no = (what: string) => cannot.add(`${what}: is not translated`);
  if (s.with?.length) no('WITH');
  if (s.union?.length) no('UNION ALL');
  if (s.unnests?.length) no('UNNEST');
  if (s.joins.length > 0) cannot.add('JOIN: rows of one window are joined here; there a join has no such end');
  if (s.qualify) no(`QUALIFY ${printExpr(s.qualify)}`);
  if (s.orderBy.length > 0) cannot.add('ORDER BY: an endless result has no order');
  if (s.limit) cannot.add('LIMIT: it counts the rows of a window here');
  if (s.distinct) cannot.add('DISTINCT: it looks at the rows of a window here, and at all rows there');
}

function select(s: SelectStatement, to: Saying, fields: readonly FieldDef[], time: string, eventTime: boolean): string {
  const { dialect, cannot } = to;
  const columns = s.fields
    .filter((f) => !f.invisible)
    .flatMap((f): string[] => {
      if (f.expr.kind !== 'wildcard') return [`${say(f.expr, to)} AS ${dialect.quote(f.alias ?? f.name)}`];
      const { except, replace } = f.expr;
      return fields
        .filter((d) => !except.includes(d.name))
        .map((d) => {
          const other = replace.find((r) => r.alias === d.name);
          return other ? `${say(other.expr, to)} AS ${dialect.quote(d.name)}` : dialect.quote(d.name);
        });
    });
  const grouped = s.fields.some((f) => aggregates(f.expr, dialect)) || (s.having ? aggregates(s.having, dialect) : false);
  const alias = s.from.alias ?? s.from.name;
  let from = `FROM ${dialect.quote(s.from.name)}${s.from.alias ? ` AS ${dialect.quote(s.from.alias)}` : ''}`;
  let groups = s.groupBy.map((e) => say(e, to));
  if (s.window) {
    from = `FROM ${windowTable(s.window, s.from.name, time, eventTime, to)} AS ${dialect.quote(alias)}`;
    groups = ['window_start', 'window_end', ...groups];
    if (!grouped && s.groupBy.length === 0) cannot.add(`${printExpr(s.window)}: a window without an aggregate gives a list of rows here`);
  } else if (grouped || s.groupBy.length > 0)
    cannot.add('an aggregate without a window: it looks at one message here, and at all rows there');
  return [
    `SELECT ${columns.join(', ')}`,
    from,
    ...(s.where ? [`WHERE ${say(s.where, to)}`] : []),
    ...(groups.length > 0 ? [`GROUP BY ${groups.join(', ')}`] : []),
    ...(s.having ? [`HAVING ${say(s.having, to)}`] : []),
  ].join('\n');
}

function windowTable(w: WindowExpr, name: string, time: string, eventTime: boolean, to: Saying): string {
  const { dialect, cannot } = to;
  const no = (why: string): string => {
    cannot.add(`${printExpr(w)}: ${why}`);
    return dialect.quote(name);
  };
  if (w.filter) return no('FILTER of a window is not translated; put the condition into WHERE');
  if (w.when || w.partitionBy.length > 0) return no('OVER of a window has no counterpart');
  if (w.type !== 'tumbling' && w.type !== 'hopping' && w.type !== 'session') return no(`${w.type} windows have no counterpart`);
  const unitMs = UNIT_MS[w.unit ?? ''];
  if (unitMs === undefined) return no('weeks, months, quarters and years have no counterpart');
  const lengths = w.args.map((a) => (a.kind === 'int' ? Number(a.value) * unitMs : Number.NaN));
  if (lengths.some(Number.isNaN)) return no('its lengths are not numbers');
  const [first, second] = lengths.map((ms) => dialect.interval(ms)) as [string, string | undefined];
  if (dialect.engine === 'risingwave') {
    if (!eventTime) return no('a window ends with the time of events only: set isEventTime, and TIMESTAMP on the stream');
    if (w.type === 'session') return no('sessions cannot be grouped by');
    const args = w.type === 'tumbling' ? first : `${second}, ${first}`;
    return `${w.type === 'tumbling' ? 'TUMBLE' : 'HOP'}(${dialect.quote(name)}, ${dialect.quote(time)}, ${args})`;
  }
  const over = `TABLE ${dialect.quote(name)}, DESCRIPTOR(${dialect.quote(time)})`;
  if (w.type === 'tumbling') return `TABLE(TUMBLE(${over}, ${first}))`;
  if (w.type === 'hopping') return `TABLE(HOP(${over}, ${second}, ${first}))`;
  to.notes.add(`${printExpr(w)}: the longest duration cannot be said; the session ends after the pause only`);
  return `TABLE(SESSION(${over}, ${second}))`;
}

function table(
  d: Dialect,
  source: SourceDefinition,
  fields: readonly FieldDef[],
  timestamp: string | undefined,
  lateMs: number,
  notes: Set<string>,
): string {
  const columns = fields.map((f) => `${d.quote(f.name)} ${d.type(f.type)}`);
  const ms = fields.find((f) => f.name === timestamp)?.type.kind === 'bigint';
  const isFlink = d.engine === 'flink';
  if (timestamp !== undefined) {
    const column = d.quote(timestamp);
    const value = isFlink ? (ms ? `TO_TIMESTAMP_LTZ(${column}, 3)` : column) : ms ? `TO_TIMESTAMP(${column} / 1000.0)` : column;
    columns.push(`${d.quote(EVENT_TIME)} ${isFlink ? '' : 'TIMESTAMPTZ '}AS ${value}`);
    columns.push(`WATERMARK FOR ${d.quote(EVENT_TIME)} AS ${d.quote(EVENT_TIME)} - ${d.interval(lateMs)}`);
  } else if (isFlink) columns.push(`${d.quote(PROC_TIME)} AS PROCTIME()`);
  const topic = String(optionOf(source, 'DATASOURCE') ?? source.name);
  if (source.format !== 'json') notes.add(`the format of ${source.name} is ${source.format}: put its counterpart in the place of JSON`);
  if (isFlink) {
    notes.add(`Flink has no connector for ${source.type}: the table reads Kafka; bring ${topic} there, and put your servers in`);
    const options = {
      connector: 'kafka',
      topic: topic.replaceAll('/', '.'),
      'properties.bootstrap.servers': 'KAFKA:9092',
      'scan.startup.mode': 'latest-offset',
      format: 'json',
    };
    const list = Object.entries(options).map(([k, v]) => `  '${k}' = '${v.replaceAll("'", "''")}'`);
    return `CREATE TABLE ${d.quote(source.name)} (\n${columns.map((c) => `  ${c}`).join(',\n')}\n) WITH (\n${list.join(',\n')}\n);`;
  }
  if (source.type !== 'mqtt') notes.add(`put the connector for ${source.type} in the place of mqtt`);
  notes.add('put the address of your broker in');
  return `CREATE SOURCE ${d.quote(source.name)} (\n${columns.map((c) => `  ${c}`).join(',\n')}\n) WITH (\n  connector = 'mqtt',\n  url = 'tcp://BROKER:1883',\n  topic = '${topic.replaceAll("'", "''")}',\n  qos = 'at_least_once'\n) FORMAT PLAIN ENCODE JSON;`;
}
