// Addresses of database servers: `postgres://user:password@host:5432/db?sslmode=require`, `mysql://user:password@host:3306/db?tls=true`.
// Called by the sql connector to choose between SQLite and the servers.
import { maskText } from '../../../base/secrets.ts';

export type ServerKind = 'postgres' | 'mysql';

export interface ServerAddress {
  kind: ServerKind;
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** `verify`: the certificate is checked; `accept`: any is taken. */
  tls: 'off' | 'verify' | 'accept';
}

const kinds: Readonly<Record<string, ServerKind>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'pg:': 'postgres',
  'timescaledb:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
};
const ports: Readonly<Record<ServerKind, number>> = { postgres: 5432, mysql: 3306 };

/** @returns undefined for SQLite and what is no address of a known server  @throws Error for one that lacks a host or a database */
export function serverAddress(dburl: string): ServerAddress | undefined {
  const scheme = /^([a-z0-9]+:)\/\//i.exec(dburl)?.[1]?.toLowerCase();
  const kind = scheme === undefined ? undefined : kinds[scheme];
  if (kind === undefined) return undefined;
  if (!URL.canParse(dburl))
    throw new Error(`dburl "${maskText(dburl)}" cannot be read; write ${kind}://user:password@host:${ports[kind]}/database`);
  const url = new URL(dburl);
  const database = decoded(url.pathname.slice(1));
  if (url.hostname === '' || database === '')
    throw new Error(`dburl "${maskText(dburl)}" names no host or no database; write ${kind}://user:password@host:${ports[kind]}/database`);
  return {
    kind,
    host: decoded(url.hostname).replace(/^\[|\]$/g, ''),
    port: url.port === '' ? ports[kind] : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    tls: tlsOf(url.searchParams),
  };
}

/** @source libpq sslmode; the Go driver's tls parameter of MySQL */
function tlsOf(query: URLSearchParams): ServerAddress['tls'] {
  const mode = query.get('sslmode') ?? query.get('tls') ?? '';
  switch (mode) {
    case '':
    case 'disable':
    case 'false':
      return 'off';
    case 'verify-ca':
    case 'verify-full':
    case 'true':
      return 'verify';
    case 'require':
    case 'skip-verify':
    case 'prefer':
    case 'allow':
    case 'preferred':
      return 'accept';
    default:
      throw new Error(`dburl: sslmode or tls "${mode}" is not one of disable, require, verify-full, true, skip-verify`);
  }
}

/** A password may hold a % that is no escape. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // taken as it is
  }
}
