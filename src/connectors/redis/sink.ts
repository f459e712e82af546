// Sink redis: one command for each row (or column), sent one after the other without waiting; an item is delivered when all its commands are
// answered. A row that the server refuses (a key of another type) is set aside alone.
import { isRetriable, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { parseOptions } from '../../contract/props.ts';
import { rowsRefused, type Sink } from '../../contract/sink.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { isDateTime, type Row, type Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { rowsOf } from '../batch-shared/payload.ts';
import { connectRedis, type RedisConnection } from './connect.ts';
import { type RedisSinkProps, sinkOptions } from './options.ts';

type Command = (string | Buffer)[];

export function createRedisSink(): Sink {
  let props: RedisSinkProps;
  let commandsOf: (row: Row) => Command[];
  let connection: RedisConnection | undefined;
  return {
    configure(raw) {
      props = parseOptions<RedisSinkProps>('redis sink', sinkOptions, raw);
      commandsOf = compileCommands(props);
    },
    async open(ctx, fail) {
      connection = await connectRedis(ctx, props, fail);
      ctx.status('connected');
    },
    async collect(_ctx, data) {
      const rows = rowsOf(data);
      const answers = await Promise.allSettled(rows.map((row) => send(row)));
      const failed = answers.flatMap((a, i) => (a.status === 'rejected' ? [{ row: rows[i]!, error: a.reason as unknown }] : []));
      if (failed.length === 0) return;
      // the peer is away: all of it is tried again
      const away = failed.find((f) => isRetriable(f.error));
      if (away) throw away.error;
      if (failed.length === rows.length) throw failed[0]!.error;
      const { error } = failed[0]!;
      throw rowsRefused(
        `${failed.length} of ${rows.length} rows: ${messageOf(error)}`,
        failed.map((f) => f.row),
        error,
      );
    },
    close() {
      connection?.close();
      connection = undefined;
    },
  };

  async function send(row: Row): Promise<void> {
    const answers = await Promise.allSettled(commandsOf(row).map((c) => connection!.command(...c)));
    for (const a of answers) if (a.status === 'rejected') throw a.reason;
  }
}

/** @throws Error when the properties make no command */
function compileCommands(p: RedisSinkProps): (row: Row) => Command[] {
  if (p.keyType === 'single' && p.key === '' && p.field === '') throw new Error('redis sink must have key or field when KeyType is single');
  if (p.keyType === 'multiple' && (p.dataType === 'hash' || p.dataType === 'stream'))
    throw new Error(`redis sink: dataType ${p.dataType} holds whole rows; it needs keyType single`);
  const engine = createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
  const render = p.key.includes('{{') ? engine.compile(p.key) : undefined;
  const keyOf = (row: Row): string => {
    if (p.field === '') return render ? render(row) : p.key;
    const value = row[p.field];
    if (value === undefined || value === null) throw rowError(`field ${p.field} does not exist in data ${encodeJson(row)}`);
    return textOf(value);
  };
  const columnsOf = (row: Row): [string, Value][] =>
    (p.fields.length ? p.fields.map((f): [string, Value] => [f, row[f] ?? null]) : Object.entries(row)).filter(([, v]) => v !== undefined);
  return (row) => {
    const kind = kindOf(row, p.rowkindField);
    const columns = columnsOf(row);
    if (p.keyType === 'multiple') return columns.flatMap(([name, value]) => commands(p, kind, name, textOf(value), columns));
    return commands(p, kind, keyOf(row), encodeJson(Object.fromEntries(columns)), columns);
  };
}

function kindOf(row: Row, field: string): 'write' | 'delete' {
  const value = field === '' ? undefined : row[field];
  if (value === undefined) return 'write';
  if (typeof value !== 'string') throw rowError(`rowkind field ${field} is not a string in data ${encodeJson(row)}`);
  if (!['insert', 'update', 'upsert', 'delete'].includes(value)) throw rowError(`invalid rowkind ${value}`);
  return value === 'delete' ? 'delete' : 'write';
}

function commands(p: RedisSinkProps, kind: 'write' | 'delete', key: string, text: string, columns: readonly [string, Value][]): Command[] {
  const ms = p.expirationMs > 0 ? String(Math.trunc(p.expirationMs)) : undefined;
  const pairs = () => columns.flatMap(([name, value]) => [name, textOf(value)]);
  switch (p.dataType) {
    case 'string':
      if (kind === 'delete') return [['DEL', key]];
      return [ms ? ['SET', key, text, 'PX', ms] : ['SET', key, text]];
    case 'hash':
      if (kind === 'delete') return [['DEL', key]];
      if (columns.length === 0) throw rowError('a row without columns cannot be written');
      return [['HSET', key, ...pairs()], ...(ms ? [['PEXPIRE', key, ms]] : [])];
    case 'list':
      if (kind === 'delete') return [['LPOP', key]];
      return [['LPUSH', key, text], ...(p.maxLength > 0 ? [['LTRIM', key, '0', String(p.maxLength - 1)]] : [])];
    case 'set':
      return [[kind === 'delete' ? 'SREM' : 'SADD', key, text]];
    case 'stream':
      if (kind === 'delete') throw rowError('rowkind delete: entries of a stream cannot be deleted by their content');
      if (columns.length === 0) throw rowError('a row without columns cannot be written');
      return [['XADD', key, ...(p.maxLength > 0 ? ['MAXLEN', '~', String(p.maxLength)] : []), '*', ...pairs()]];
  }
}

/** A column as text: texts as they are, the rest as JSON, bytes as they are. */
function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (isDateTime(value)) return formatRfc3339(value);
  return typeof value === 'object' ? encodeJson(value) : String(value);
}
