// One connection to a database server, whatever its kind: queries with values, all-or-nothing writes, and what an error means. The client
// packages are loaded when the first one is opened. Next files: postgres.ts, mysql.ts.
import { ioError, messageOf, rowError } from '../../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../../contract/context.ts';
import type { Row, Value } from '../../../data/value.ts';
import type { SocketTlsProps } from '../../net-shared/tls.ts';
import type { ServerAddress } from './dburl.ts';
import { type Dialect, mysql, postgres, quoteName } from './dialect.ts';

export interface SqlStatement {
  readonly sql: string;
  readonly params: readonly Value[];
}

/** What the client packages are wrapped into. Errors are those of the package; `sqlFault` reads them. */
export interface Driver {
  query(sql: string, params: readonly Value[]): Promise<{ rows: Row[]; columns: string[] }>;
  end(): void;
}

/** A table as the server has it: names in the case that it uses. */
export interface Table {
  /** Quoted, ready for a statement. */
  readonly sql: string;
  /** @returns the quoted name; the case may differ when only one column fits  @throws rowError when there is none */
  column(name: string): string;
  has(name: string): boolean;
}

export interface Session {
  readonly dialect: Dialect;
  all(sql: string, params: readonly Value[]): Promise<Row[]>;
  /** All statements or none of them. @throws rowError when a row is wrong, ioError when the server is away or takes nothing now */
  write(statements: readonly SqlStatement[]): Promise<void>;
  /** Asks the server once and remembers. @throws rowError when there is no such table */
  table(name: string): Promise<Table>;
  /** Tables changed: they are asked for again. */
  forget(): void;
  close(): void;
}

const MAX_TABLES = 500;

/** @param lost told once when the connection breaks */
export async function openSession(
  ctx: Pick<ConnectorContext, 'network'>,
  address: ServerAddress,
  tls: SocketTlsProps,
  lost: (error: Error) => void,
): Promise<Session> {
  const dialect = address.kind === 'postgres' ? postgres : mysql;
  const where = `${address.kind} ${address.host}:${address.port}/${address.database}`;
  const tables = new Map<string, Table>();
  const fault = (error: unknown): Error => sqlFault(where, dialect, error);
  const driver: Driver =
    address.kind === 'postgres'
      ? await (await import('./postgres.ts')).connectPostgres(ctx, address, tls, (e) => lost(fault(e)))
      : await (await import('./mysql.ts')).connectMysql(ctx, address, tls, (e) => lost(fault(e)));

  const run = async (sql: string, params: readonly Value[]) => {
    try {
      return await driver.query(sql, params);
    } catch (error) {
      throw fault(error);
    }
  };
  const look = async (name: string): Promise<Table | undefined> => {
    const sql = name
      .split('.')
      .map((part) => quoteName(part, 'table'))
      .join('.');
    try {
      const { columns } = await driver.query(`SELECT * FROM ${sql} WHERE 1 = 0`, []);
      return tableOf(name, sql, columns);
    } catch (error) {
      if (isMissingTable(error)) return undefined;
      throw fault(error);
    }
  };
  return {
    dialect,
    all: async (sql, params) => (await run(sql, params)).rows,
    async write(statements) {
      const [only] = statements;
      if (only !== undefined && statements.length === 1) {
        await run(only.sql, only.params);
        return;
      }
      await run('BEGIN', []);
      try {
        for (const s of statements) await run(s.sql, s.params);
      } catch (error) {
        await run('ROLLBACK', []).catch((second: unknown) => {
          // the first error tells what happened; a connection that is lost is opened again
          lost(ioError(messageOf(second), second));
        });
        throw error;
      }
      await run('COMMIT', []);
    },
    async table(name) {
      const known = tables.get(name);
      if (known) return known;
      // PostgreSQL folds names that were not quoted when the table was made
      const found = (await look(name)) ?? (name === name.toLowerCase() ? undefined : await look(name.toLowerCase()));
      if (!found) throw rowError(`${where}: there is no table ${name}`);
      if (tables.size >= MAX_TABLES) tables.clear();
      tables.set(name, found);
      return found;
    },
    forget: () => tables.clear(),
    close: () => driver.end(),
  };
}

function tableOf(name: string, sql: string, columns: readonly string[]): Table {
  const exact = new Set(columns);
  const folded = new Map<string, string[]>();
  for (const c of columns) folded.set(c.toLowerCase(), [...(folded.get(c.toLowerCase()) ?? []), c]);
  const find = (wanted: string): string | undefined => {
    if (exact.has(wanted)) return wanted;
    const near = folded.get(wanted.toLowerCase());
    return near?.length === 1 ? near[0] : undefined;
  };
  return {
    sql,
    has: (wanted) => find(wanted) !== undefined,
    column(wanted) {
      const found = find(wanted);
      if (found === undefined) throw rowError(`table ${name} has no column ${wanted}`);
      return quoteName(found, 'column');
    },
  };
}

interface ServerError {
  code?: unknown;
  sqlState?: unknown;
  errno?: unknown;
}

/** PostgreSQL 42P01, also 3F000 (no such schema); MySQL 1146. */
const isMissingTable = (error: unknown): boolean => {
  const { code, errno } = error as ServerError;
  return code === '42P01' || code === '3F000' || errno === 1146;
};

/** PostgreSQL puts SQLSTATE into `code`, MySQL into `sqlState`; anything else is an error of the connection. */
function sqlFault(where: string, dialect: Dialect, error: unknown): Error {
  const { code, sqlState, errno } = error as ServerError;
  const state = dialect.kind === 'mysql' ? sqlState : code;
  const text = `${where}: ${messageOf(error) || String(code ?? error)}`;
  const isAnswer = typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state);
  if (isAnswer && dialect.verdict(state, typeof errno === 'number' ? errno : 0) === 'wrong row') return rowError(text);
  return ioError(text, error);
}
