// Tables as source (rows after the last index value), sink (insert, update, delete) and lookup table. This file holds those of SQLite; those of
// PostgreSQL and MySQL are in server/, and `dburl` chooses.

import { rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { defineConnector } from '../../contract/connector.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { Row, Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { createVetting, printSql, type Vet } from '../../templates/rendered/index.ts';
import { rowKeys } from '../replaces.ts';
import { isServer, lookupByAddress, sinkByAddress, sourceByAddress } from './by-address.ts';
import { positionIn } from './position.ts';
import { quoteName } from './server/dialect.ts';
import { createServerLookup } from './server/lookup.ts';
import { serverReadOptions, serverSinkOptions } from './server/options.ts';
import { createServerSink } from './server/sink.ts';
import { createServerSource } from './server/source.ts';
import { checkIdentifier, mark, openSqlite, type SqliteFile, type Statement, sqlitePath } from './sqlite.ts';

const dburl: OptionSpec = {
  name: 'dburl',
  aliases: ['url'],
  type: 'string',
  required: true,
  doc: 'sqlite:/path/file.db, postgres://user:password@host:5432/db or mysql://user:password@host:3306/db.',
  error: 'dburl should be defined',
};

const sourceOptions: readonly OptionSpec[] = [
  dburl,
  {
    name: 'interval',
    as: 'intervalMs',
    type: 'duration',
    required: true,
    min: 1,
    doc: 'Time between queries.',
    error: 'interval should be defined',
  },
  {
    name: 'internalSqlQueryCfg',
    type: 'object',
    doc: 'table, limit, indexField, indexValue: generates SELECT … WHERE index > last ORDER BY index LIMIT n.',
  },
  { name: 'templateSqlQueryCfg', type: 'object', doc: 'templateSql over the index value, indexField, indexValue.' },
  ...serverReadOptions,
];
const sinkOptions: readonly OptionSpec[] = [
  dburl,
  {
    name: 'table',
    type: 'string',
    required: true,
    dynamic: 'table-name',
    doc: 'Table; may hold a template.',
    error: 'property table is required',
  },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to write; missing ones are NULL.' },
  // its own: the kind and the key of a row are read before columns are left out
  { name: 'excludeFields', type: 'string[]', default: [], doc: 'Columns that are not written; not together with fields.' },
  { name: 'rowkindField', type: 'string', default: '', doc: 'Column that says insert, update or delete.' },
  {
    name: 'keyField',
    type: 'string',
    default: '',
    doc: 'Key column of update, delete and upsert; servers take several, separated by commas.',
  },
  ...serverSinkOptions,
];
const lookupOptions: readonly OptionSpec[] = [
  dburl,
  { name: 'templateSqlQueryCfg', type: 'object', doc: 'templateSql over the key values.' },
  ...serverReadOptions,
];

/** SQLite takes 32,766 values in one statement. */
const MAX_VARIABLES = 32_000;

interface QueryCfg {
  table?: string;
  limit?: number;
  indexField?: string;
  indexValue?: Value;
  templateSql?: string;
}

const engine = () => createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });

const sqlite = defineConnector({
  name: 'sql',
  source: {
    kind: 'source',
    name: 'sql',
    payload: 'rows',
    shareable: false,
    options: sourceOptions,
    doc: 'Reads new rows of a table at an interval.',
    create() {
      let path = '';
      let intervalMs = 0;
      let cfg: QueryCfg = {};
      let query: (last: Value) => { sql: string; params: Value[] };
      let last: Value;
      let db: SqliteFile | undefined;
      let stop: AbortController | undefined;
      /** Counts positions that were set from outside. */
      let edition = 0;
      return {
        configure(_datasource, raw) {
          const p = parseOptions<{ dburl: string; intervalMs: number; internalSqlQueryCfg?: QueryCfg; templateSqlQueryCfg?: QueryCfg }>(
            'sql source',
            sourceOptions,
            raw,
          );
          path = sqlitePath(p.dburl);
          intervalMs = p.intervalMs;
          cfg = p.templateSqlQueryCfg ?? p.internalSqlQueryCfg ?? {};
          last = cfg.indexValue;
          if (cfg.templateSql) {
            const render = engine().compile(cfg.templateSql, printSql);
            query = (value) => ({ sql: render(cfg.indexField ? { [cfg.indexField]: value } : {}), params: [] });
            return;
          }
          if (!cfg.table) throw new Error('sql source: internalSqlQueryCfg.table or templateSqlQueryCfg.templateSql must be set');
          const table = quoteName(cfg.table, 'table');
          const limit = cfg.limit && cfg.limit > 0 ? ` LIMIT ${Math.trunc(cfg.limit)}` : '';
          if (!cfg.indexField) query = () => ({ sql: `SELECT * FROM ${table}${limit}`, params: [] });
          else {
            const index = quoteName(cfg.indexField, 'indexField');
            query = (value) =>
              value === undefined || value === null
                ? { sql: `SELECT * FROM ${table} ORDER BY ${index} ASC${limit}`, params: [] }
                : { sql: `SELECT * FROM ${table} WHERE ${index} > ${mark(value)} ORDER BY ${index} ASC${limit}`, params: [value] };
          }
        },
        async open(ctx, emit, fail) {
          db = await openSqlite(path, ctx.getRootPath(), 'read');
          ctx.status('connected');
          stop = new AbortController();
          const { signal } = stop;
          const run = async () => {
            for (;;) {
              const { sql, params } = query(last);
              const asked = edition;
              const rows = await db!.all(sql, params);
              // the position was set meanwhile: these rows are not the ones that are wanted
              if (asked !== edition) continue;
              if (cfg.indexField && rows.length) last = rows.at(-1)![cfg.indexField];
              if (rows.length) await emit(rows);
              await ctx.clock.sleep(intervalMs, signal);
            }
          };
          run().catch((error) => {
            if (!signal.aborted) fail(error as Error);
          });
        },
        async close() {
          stop?.abort(new Error('sql source closed'));
          await db?.close();
          db = undefined;
        },
        offset: () => last,
        rewind(saved) {
          last = saved as Value;
        },
        resetOffset(values) {
          last = positionIn(values, cfg.indexField);
          edition++;
        },
      };
    },
  },
  sink: {
    kind: 'sink',
    name: 'sql',
    payload: 'rows',
    maxInFlight: 1,
    replaces({ rowkindField, keyField, table }) {
      if (typeof rowkindField !== 'string' || !rowkindField || typeof keyField !== 'string') return undefined;
      return (data, dynamic) => rowKeys(data, keyField, String(dynamic?.['table'] ?? table));
    },
    options: sinkOptions,
    doc: 'Writes rows to a table.',
    create() {
      let path = '';
      let props: SqliteSinkProps;
      let db: SqliteFile | undefined;
      let vet: Vet;
      return {
        configure(raw) {
          const p = parseOptions<SqliteSinkProps & { dburl: string; createTable: boolean }>('sql sink', sinkOptions, raw);
          props = p;
          if (p.fields.length && p.excludeFields.length) throw new Error('field and excludeFields cannot both be set');
          vet = createVetting(sinkOptions, raw);
          path = sqlitePath(p.dburl);
          if (!p.table.includes('{{')) quoteName(p.table, 'table');
          if (p.rowkindField && !p.keyField) throw new Error('keyField is required when rowkindField is set');
          if (p.writeMode === 'upsert' && !p.keyField) throw new Error('keyField is required for writeMode upsert');
          if (p.createTable) throw new Error('createTable is for database servers');
        },
        async open(ctx) {
          db = await openSqlite(path, ctx.getRootPath(), 'write');
          ctx.status('connected');
        },
        async collect(_ctx, data, dynamic) {
          const chosen = vet(dynamic)['table'] as string | undefined;
          // a name that a message chose stays a plain one; one that the rule gives may be any
          const table =
            chosen !== undefined && props.table.includes('{{') ? checkIdentifier(chosen, 'table') : quoteName(props.table, 'table');
          const rows = Array.isArray(data) ? data : [data as Row];
          if (rows.length === 0) return;
          if (props.rowkindField || props.writeMode === 'upsert') return db!.write(rows.flatMap((row) => changesOf(table, row, props)));
          const all = props.fields.length ? props.fields : [...new Set(rows.flatMap((r) => Object.keys(r)))];
          const names = all.filter((n) => !props.excludeFields.includes(n));
          if (names.length === 0) throw new Error('a row without columns cannot be written');
          const columns = names.map((n) => quoteName(n, 'column')).join(', ');
          const size = Math.max(1, Math.floor(MAX_VARIABLES / names.length));
          const statements: Statement[] = [];
          for (let at = 0; at < rows.length; at += size) {
            const part = rows.slice(at, at + size);
            const values = part.map((r) => `(${names.map((n) => mark(r[n])).join(', ')})`);
            statements.push({
              sql: `INSERT INTO ${table} (${columns}) VALUES ${values.join(', ')}`,
              params: part.flatMap((r) => names.map((n) => r[n])),
            });
          }
          await db!.write(statements);
        },
        async close() {
          await db?.close();
          db = undefined;
        },
      };
    },
  },
  lookup: {
    kind: 'lookup',
    name: 'sql',
    options: lookupOptions,
    doc: 'Looks rows of a table up; DATASOURCE is the table.',
    create() {
      let path = '';
      let table = '';
      let render: ((data: Value) => string) | undefined;
      let db: SqliteFile | undefined;
      return {
        configure(datasource, raw) {
          const p = parseOptions<{ dburl: string; templateSqlQueryCfg?: QueryCfg }>('sql lookup', lookupOptions, raw);
          path = sqlitePath(p.dburl);
          if (p.templateSqlQueryCfg?.templateSql) render = engine().compile(p.templateSqlQueryCfg.templateSql, printSql);
          else table = quoteName(datasource, 'table');
        },
        async open(ctx) {
          db = await openSqlite(path, ctx.getRootPath(), 'read');
        },
        lookup(_ctx, fields, keys, values) {
          const given = values as readonly Value[];
          if (render) return db!.all(render(Object.fromEntries(keys.map((k, i) => [k, given[i]]))), []);
          const columns = fields.length ? fields.map((f) => quoteName(f, 'column')).join(', ') : '*';
          const where = keys.map((k, i) => `${quoteName(k, 'column')} = ${mark(given[i])}`).join(' AND ');
          return db!.all(`SELECT ${columns} FROM ${table} WHERE ${where}`, given);
        },
        async close() {
          await db?.close();
          db = undefined;
        },
      };
    },
  },
});

/** Items that may wait for one answer of a server: they go out together. */
const SERVER_IN_FLIGHT = 1000;

const { source, sink, lookup } = sqlite;
export default defineConnector({
  name: 'sql',
  source: { ...source!, create: () => sourceByAddress(source!.create, () => createServerSource(sourceOptions)) },
  sink: {
    ...sink!,
    inFlight: (props) => (isServer(props) ? SERVER_IN_FLIGHT : sink!.maxInFlight),
    create: () => sinkByAddress(sink!.create, () => createServerSink(sinkOptions)),
  },
  lookup: { ...lookup!, create: () => lookupByAddress(lookup!.create, () => createServerLookup(lookupOptions)) },
});

interface SqliteSinkProps {
  table: string;
  fields: string[];
  excludeFields: readonly string[];
  rowkindField: string;
  keyField: string;
  writeMode: 'insert' | 'upsert';
}

/** Statements of one row by its kind. An upsert needs no unique index: it updates, and inserts when there is no such row.
 *  @throws rowError for an unknown kind, a row without columns or without its key */
function changesOf(table: string, row: Row, props: SqliteSinkProps): Statement[] {
  const kind = String((props.rowkindField ? row[props.rowkindField] : undefined) ?? props.writeMode);
  if (!['insert', 'update', 'upsert', 'delete'].includes(kind)) throw rowError(`invalid rowkind ${kind}`);
  const keys = props.keyField.split(',').map((k) => k.trim());
  const names = (props.fields.length ? props.fields : Object.keys(row)).filter(
    (n) => n !== props.rowkindField && !props.excludeFields.includes(n),
  );
  const columns = names.map((n) => quoteName(n, 'column'));
  const values = names.map((n) => row[n]);
  if (kind !== 'insert')
    for (const k of keys) if (row[k] === undefined || row[k] === null) throw rowError(`a row to ${kind} needs its key ${k}`);
  const where = keys.map((k) => `${quoteName(k, 'keyField')} = ${mark(row[k])}`).join(' AND ');
  const keyValues = keys.map((k) => row[k]);
  if (kind === 'delete') return [{ sql: `DELETE FROM ${table} WHERE ${where}`, params: keyValues }];
  if (names.length === 0) throw rowError('a row without columns cannot be written');
  const marks = values.map(mark).join(', ');
  const update: Statement = {
    sql: `UPDATE ${table} SET ${columns.map((c, i) => `${c} = ${mark(values[i])}`).join(', ')} WHERE ${where}`,
    params: [...values, ...keyValues],
  };
  switch (kind) {
    case 'insert':
      return [{ sql: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, params: values }];
    case 'update':
      return [update];
    default: {
      // the key is written, too, where fields leave it out: without it the row could not be found again
      const missing = keys.filter((k) => !names.includes(k));
      const all = [...columns, ...missing.map((k) => quoteName(k, 'keyField'))];
      const given = [...values, ...missing.map((k) => row[k])];
      const insert: Statement = {
        sql: `INSERT INTO ${table} (${all.join(', ')}) SELECT ${given.map(mark).join(', ')} WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE ${where})`,
        params: [...given, ...keyValues],
      };
      return [update, insert];
    }
  }
}
