// Source sql for database servers: new rows of a table or a query at an interval, from the last value of an index column on. Made by ../index.ts.
import { encodeJson } from '../../../codecs/json/encode.ts';
import { type OptionSpec, parseOptions } from '../../../contract/props.ts';
import type { Source } from '../../../contract/source.ts';
import { formatRfc3339 } from '../../../data/datetime-format.ts';
import { isDateTime, type Row, type Value } from '../../../data/value.ts';
import { createTemplateEngine } from '../../../templates/index.ts';
import { printSql } from '../../../templates/rendered/index.ts';
import { type SocketTlsProps, tlsMaterial } from '../../net-shared/tls.ts';
import { positionIn } from '../position.ts';
import { type ServerAddress, serverAddress } from './dburl.ts';
import { openSession, type Session } from './session.ts';

interface QueryCfg {
  table?: string;
  limit?: number;
  indexField?: string;
  indexValue?: Value;
  templateSql?: string;
}

export function createServerSource(options: readonly OptionSpec[]): Source {
  let props: SocketTlsProps & { dburl: string; intervalMs: number; internalSqlQueryCfg?: QueryCfg; templateSqlQueryCfg?: QueryCfg };
  let address: ServerAddress;
  let cfg: QueryCfg = {};
  let render: ((data: Value) => string) | undefined;
  let last: Value;
  let session: Session | undefined;
  let stop: AbortController | undefined;
  /** Counts positions that were set from outside. */
  let edition = 0;
  return {
    configure(_datasource, raw) {
      props = parseOptions('sql source', options, raw);
      address = serverAddress(props.dburl)!;
      tlsMaterial(props);
      cfg = props.templateSqlQueryCfg ?? props.internalSqlQueryCfg ?? {};
      last = cfg.indexValue;
      render = cfg.templateSql ? compileSql(cfg.templateSql) : undefined;
      if (!render && !cfg.table) throw new Error('sql source: internalSqlQueryCfg.table or templateSqlQueryCfg.templateSql must be set');
    },
    async open(ctx, emit, fail) {
      session = await openSession(ctx, address, props, fail);
      ctx.status('connected');
      stop = new AbortController();
      const { signal } = stop;
      const opened = session;
      const run = async () => {
        for (;;) {
          const asked = edition;
          const rows = await ask(opened, last);
          // the position was set meanwhile: these rows are not the ones that are wanted
          if (asked !== edition) continue;
          const index = indexOf(rows.at(-1));
          if (rows.length) await emit(rows);
          if (index !== undefined) last = index;
          await ctx.clock.sleep(props.intervalMs, signal);
        }
      };
      run().catch((error) => {
        if (!signal.aborted) fail(error as Error);
      });
    },
    close() {
      stop?.abort(new Error('sql source closed'));
      session?.close();
      session = undefined;
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

  async function ask(on: Session, from: Value): Promise<Row[]> {
    if (render) return on.all(render(cfg.indexField ? { [cfg.indexField]: from } : {}), []);
    const table = await on.table(cfg.table!);
    const limit = cfg.limit && cfg.limit > 0 ? ` LIMIT ${Math.trunc(cfg.limit)}` : '';
    if (!cfg.indexField) return on.all(`SELECT * FROM ${table.sql}${limit}`, []);
    const index = table.column(cfg.indexField);
    const none = from === undefined || from === null;
    return on.all(
      `SELECT * FROM ${table.sql}${none ? '' : ` WHERE ${index} > ${on.dialect.mark(1)}`} ORDER BY ${index} ASC${limit}`,
      none ? [] : [from],
    );
  }

  /** The position behind a row, as plain data. The column may be written in another case by the server. */
  function indexOf(row: Row | undefined): Value {
    const { indexField } = cfg;
    if (!indexField || !row) return undefined;
    const v = row[indexField] ?? Object.entries(row).find(([name]) => name.toLowerCase() === indexField.toLowerCase())?.[1];
    return isDateTime(v) ? (address.kind === 'mysql' ? formatRfc3339(v).replace('T', ' ').replace('Z', '') : formatRfc3339(v)) : v;
  }
}

/** @throws Error for forms of texts that the printer of values does not know */
export function compileSql(text: string): (data: Value) => string {
  if (/\be'|\$\w*\$/i.test(text)) throw new Error("templateSql: texts of the forms E'…' and $$…$$ cannot hold values; write '…'");
  const engine = createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
  return engine.compile(text, printSql);
}
