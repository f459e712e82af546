// MySQL and MariaDB over package mysql2. Sessions are strict, in UTC and take quotes as the standard does. Integers are int64, decimals float64,
// DATETIME and TIMESTAMP datetimes, binary columns bytes, JSON objects.
import { encodeJson } from '../../../codecs/json/encode.ts';
import type { ConnectorContext } from '../../../contract/context.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatDateAndTime } from '../../../data/datetime-format.ts';
import { parseDateTime } from '../../../data/datetime-parse.ts';
import { setMember } from '../../../data/set-member.ts';
import { isDateTime, type Row, type Value, type ValueObject } from '../../../data/value.ts';
import { checkHost, connectError, guardOf } from '../../net-shared/destination.ts';
import { type SocketTlsProps, tlsMaterial } from '../../net-shared/tls.ts';
import type { ServerAddress } from './dburl.ts';
import type { Driver } from './session.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** A value that cannot be stored fails, a backslash in a text is a backslash, "x" is a name, and times are in UTC. */
const SESSION = `SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,ANSI_QUOTES'), time_zone = '+00:00'`;

export async function connectMysql(
  ctx: Pick<ConnectorContext, 'network'>,
  address: ServerAddress,
  tls: SocketTlsProps,
  lost: (error: unknown) => void,
): Promise<Driver> {
  checkHost(ctx, address.host);
  const { createConnection } = await import('mysql2');
  let open = false;
  const net = process.getBuiltinModule('node:net');
  const connection = createConnection({
    user: address.user,
    password: address.password,
    database: address.database,
    connectTimeout: CONNECT_TIMEOUT_MS,
    charset: 'utf8mb4',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    decimalNumbers: true,
    disableEval: true,
    maxPreparedStatements: 50,
    stream: () => {
      const socket = net.connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true, ...guardOf(ctx) });
      // the package tells only whoever waits for an answer
      socket.once('close', () => {
        if (open) lost(new Error('the connection was lost'));
      });
      return socket;
    },
    ...(address.tls === 'off' ? {} : { ssl: { ...tlsMaterial(tls), ...(address.tls === 'accept' ? { rejectUnauthorized: false } : {}) } }),
  } as Parameters<typeof createConnection>[0]);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: unknown) => {
      connection.destroy();
      reject(connectError(`mysql ${address.host}:${address.port}/${address.database}`, error));
    };
    connection.on('error', (error: unknown) => {
      if (open) lost(error);
      else failed(error);
    });
    connection.query(SESSION, (error: unknown) => (error ? failed(error) : resolve()));
  });
  open = true;
  return {
    query: (sql, params) =>
      new Promise((resolve, reject) => {
        const done = (error: unknown, rows: unknown, fields: unknown) => {
          if (error) return reject(error as Error);
          const columns = (fields ?? []) as Column[];
          resolve({
            rows: Array.isArray(rows) ? (rows as Record<string, unknown>[]).map((r) => readRow(r, columns)) : [],
            columns: columns.map((c) => c.name),
          });
        };
        // without values the text protocol does: statements about transactions are not prepared
        if (params.length === 0) connection.query(sql, done);
        else connection.execute(sql, params.map(toMysql) as never, done);
      }),
    end() {
      open = false;
      connection.destroy();
    },
  };
}

interface Column {
  name: string;
  columnType?: number;
  type?: number;
  /** 63 = binary. */
  characterSet?: number;
}

function readRow(row: Record<string, unknown>, columns: readonly Column[]): Row {
  const out: ValueObject = {};
  for (const c of columns) setMember(out, c.name, toValue(row[c.name], c));
  return out;
}

/** @source MySQL protocol, column types */
const INTEGERS: ReadonlySet<number> = new Set([1, 2, 3, 8, 9, 13]);
const TIMES: ReadonlySet<number> = new Set([7, 10, 12]);

function toValue(v: unknown, column: Column): Value {
  if (v === null || v === undefined) return null;
  const type = column.columnType ?? column.type ?? 0;
  if (INTEGERS.has(type)) return BigInt(v as string | number);
  if (TIMES.has(type)) return /^0000/.test(String(v)) ? null : parseDateTime(String(v), { timeZone: 'UTC' });
  if (v instanceof Uint8Array) return column.characterSet === 63 || column.characterSet === undefined ? new Uint8Array(v) : v.toString();
  return v as Value;
}

function toMysql(v: Value): unknown {
  if (v === null || v === undefined) return null;
  if (typeof v === 'bigint') return String(v);
  if (typeof v === 'boolean') return v ? 1 : 0;
  if (typeof v === 'number') return v;
  if (typeof v === 'string') return v;
  if (v instanceof Uint8Array) return Buffer.from(v);
  return isDateTime(v) ? formatDateAndTime(new DateTime(v.epochNs, 'UTC'), 6) : encodeJson(v);
}
