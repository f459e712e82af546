// PostgreSQL over package pg. int8, int4 and int2 are int64, float and numeric float64, timestamps datetimes, bytea bytes, json objects.
import type { Socket } from 'node:net';
import { encodeJson } from '../../../codecs/json/encode.ts';
import type { ConnectorContext } from '../../../contract/context.ts';
import { formatRfc3339 } from '../../../data/datetime-format.ts';
import { parseDateTime } from '../../../data/datetime-parse.ts';
import { parseJsonText } from '../../../data/json-text.ts';
import { isDateTime, type Row, type Value } from '../../../data/value.ts';
import { checkHost, connectError, guardOf } from '../../net-shared/destination.ts';
import { type SocketTlsProps, tlsMaterial } from '../../net-shared/tls.ts';
import type { ServerAddress } from './dburl.ts';
import type { Driver } from './session.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 30_000;

/** What is used of package pg, which brings no types. */
interface PgModule {
  Client: new (
    config: object,
  ) => {
    connect(): Promise<void>;
    query(q: {
      text: string;
      values: unknown[];
      types: { getTypeParser(oid: number): (text: string) => unknown };
    }): Promise<{ rows: Row[]; fields: { name: string }[] }>;
    on(event: 'error' | 'end', listener: (error?: Error) => void): void;
    end(): Promise<void>;
  };
}

export async function connectPostgres(
  ctx: Pick<ConnectorContext, 'network'>,
  address: ServerAddress,
  tls: SocketTlsProps,
  lost: (error: unknown) => void,
): Promise<Driver> {
  checkHost(ctx, address.host);
  const { default: pg } = (await import('pg' as string)) as { default: PgModule };
  const net = process.getBuiltinModule('node:net');
  const material = tlsMaterial(tls);
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'kuiper-gateway',
    // pg opens `host` and `port` of its config with it; the guard looks at every address that the name stands for
    stream: () => guarded(new net.Socket(), guardOf(ctx)),
    ...(address.tls === 'off' ? {} : { ssl: { ...material, ...(address.tls === 'accept' ? { rejectUnauthorized: false } : {}) } }),
  });
  let open = false;
  client.on('error', (error) => {
    if (open) lost(error);
  });
  client.on('end', () => {
    if (open) lost(new Error('the server ended the connection'));
  });
  try {
    await client.connect();
  } catch (error) {
    void client.end().catch(() => undefined); // it was never there
    throw connectError(`postgres ${address.host}:${address.port}/${address.database}`, error);
  }
  open = true;
  return {
    async query(text, params) {
      const { rows, fields } = await client.query({ text, values: params.map(toPostgres), types });
      return { rows, columns: fields.map((f) => f.name) };
    },
    end() {
      open = false;
      void client.end().catch(() => undefined); // what is not answered is tried again elsewhere
    },
  };
}

/** pg calls connect(port, host). */
function guarded(socket: Socket, guard: ReturnType<typeof guardOf>): Socket {
  const connect = socket.connect.bind(socket) as (o: object) => Socket;
  (socket as { connect: unknown }).connect = (port: number, host: string) => connect({ port, host, ...guard });
  return socket;
}

/** PostgreSQL reads every value from its text form, as the type of the column. */
function toPostgres(v: Value): unknown {
  if (v === null || v === undefined) return null;
  if (typeof v === 'number' || typeof v === 'bigint') return String(v);
  if (typeof v === 'boolean' || typeof v === 'string') return v;
  if (v instanceof Uint8Array) return Buffer.from(v);
  return isDateTime(v) ? formatRfc3339(v) : encodeJson(v);
}

const utc = { timeZone: 'UTC' };
/** `2026-01-02 03:04:05.123456+00` → RFC 3339. */
const toDateTime = (text: string): Value => {
  const m = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d(?::\d\d)?)?)?$/.exec(text);
  // infinity, and years before Christ or of five digits, have no datetime
  if (!m) return text;
  const zone = m[3] === undefined ? 'Z' : m[3].length === 3 ? `${m[3]}:00` : m[3];
  return parseDateTime(`${m[1]}T${m[2] ?? '00:00:00'}${zone}`, utc);
};

const parsers: Readonly<Record<number, (text: string) => Value>> = {
  16: (t) => t === 't',
  17: (t) => new Uint8Array(Buffer.from(t.slice(2), 'hex')),
  20: BigInt,
  21: BigInt,
  23: BigInt,
  26: BigInt,
  114: parseJsonText,
  700: Number,
  701: Number,
  1082: toDateTime,
  1114: toDateTime,
  1184: toDateTime,
  1700: Number,
  3802: parseJsonText,
};
const asText = (text: string): Value => text;
const types = { getTypeParser: (oid: number) => parsers[oid] ?? asText };
