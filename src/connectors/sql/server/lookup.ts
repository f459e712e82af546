// Lookup table sql on a database server: the connection is made again at the next question after it was lost. Made by ../index.ts.
import { ioError } from '../../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../../contract/context.ts';
import { type OptionSpec, parseOptions } from '../../../contract/props.ts';
import type { LookupSource } from '../../../contract/source.ts';
import type { Value } from '../../../data/value.ts';
import { type SocketTlsProps, tlsMaterial } from '../../net-shared/tls.ts';
import { type ServerAddress, serverAddress } from './dburl.ts';
import { openSession, type Session } from './session.ts';
import { compileSql } from './source.ts';

/** Between tries to reach a server that is away. */
const RETRY_MS = 1000;

export function createServerLookup(options: readonly OptionSpec[]): LookupSource {
  let props: SocketTlsProps & { dburl: string; templateSqlQueryCfg?: { templateSql?: string } };
  let address: ServerAddress;
  let table = '';
  let render: ((data: Value) => string) | undefined;
  let session: Session | undefined;
  let opening: Promise<Session> | undefined;
  let notBeforeMs = 0;
  let closed = false;
  return {
    configure(datasource, raw) {
      props = parseOptions('sql lookup', options, raw);
      address = serverAddress(props.dburl)!;
      tlsMaterial(props);
      const text = props.templateSqlQueryCfg?.templateSql;
      render = text ? compileSql(text) : undefined;
      table = datasource;
      if (!render && !table) throw new Error('sql lookup: DATASOURCE must name a table');
    },
    async open(ctx) {
      closed = false;
      await connected(ctx);
    },
    async lookup(ctx, fields, keys, values) {
      const on = await connected(ctx);
      const given = values as readonly Value[];
      if (render) return on.all(render(Object.fromEntries(keys.map((k, i) => [k, given[i]]))), []);
      const t = await on.table(table);
      const columns = fields.length ? fields.map((f) => `${t.column(f)} AS ${asName(f)}`).join(', ') : '*';
      const where = keys.map((k, i) => `${t.column(k)} = ${on.dialect.mark(i + 1)}`).join(' AND ');
      return on.all(`SELECT ${columns} FROM ${t.sql} WHERE ${where}`, given);
    },
    close() {
      closed = true;
      session?.close();
      session = undefined;
    },
  };

  async function connected(ctx: ConnectorContext): Promise<Session> {
    if (session) return session;
    if (ctx.clock.monotonic() < notBeforeMs) throw ioError(`the database is away; it is tried again every ${RETRY_MS} ms`);
    opening ??= openSession(ctx, address, props, () => {
      session = undefined;
    }).finally(() => {
      opening = undefined;
    });
    try {
      const opened = await opening;
      if (closed) {
        opened.close();
        throw ioError('the lookup table is closed');
      }
      session = opened;
      return opened;
    } catch (error) {
      notBeforeMs = ctx.clock.monotonic() + RETRY_MS;
      throw error;
    }
  }
}

const asName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
