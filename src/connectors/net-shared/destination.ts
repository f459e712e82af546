// Where clients of databases and brokers may connect to: the guard of base/net-guard.ts for sockets that are not HTTP. Called by the connectors
// before and while they connect.
import type { LookupFunction } from 'node:net';
import { GatewayError, ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { checkLiteralHost, guardedLookup } from '../../base/net-guard.ts';
import type { ConnectorContext } from '../../contract/context.ts';

const isGuarded = (ctx: Pick<ConnectorContext, 'network'>): boolean => !(ctx.network?.enablePrivateNet ?? false);

/** A setting refuses it, not the peer: rows of a sink wait until it is changed. */
const refusedHost = (cause: unknown): GatewayError =>
  Object.assign(
    new GatewayError(
      'DESTINATION_REFUSED',
      { text: `${messageOf(cause)}; "enablePrivateNet: true" below basic in kuiper.yaml allows addresses of your own network` },
      { cause },
    ),
    { bySetting: true as const },
  );

/** For clients that take a `lookup` of their own: {} when every address is allowed. */
export const guardOf = (ctx: Pick<ConnectorContext, 'network'>): { lookup?: LookupFunction } =>
  isGuarded(ctx) ? { lookup: guardedLookup } : {};

/** Addresses written as numbers. @throws GatewayError DESTINATION_REFUSED */
export function checkHost(ctx: Pick<ConnectorContext, 'network'>, host: string): void {
  if (!isGuarded(ctx)) return;
  try {
    checkLiteralHost(host);
  } catch (error) {
    throw refusedHost(error);
  }
}

/** For clients that cannot take a `lookup`: the name is resolved and checked before they do it.
 *  @throws GatewayError DESTINATION_REFUSED, ioError when the name is not known */
export async function checkResolved(ctx: Pick<ConnectorContext, 'network'>, host: string): Promise<void> {
  checkHost(ctx, host);
  if (!isGuarded(ctx)) return;
  await new Promise<void>((resolve, reject) => {
    guardedLookup(host, { all: true }, (error) => {
      if (!error) return resolve();
      reject(isGuardError(error) ? refusedHost(error) : ioError(`${host}: ${error.message}`, error));
    });
  });
}

/** Errors of a client whose `lookup` refused. */
export const isGuardError = (error: unknown): boolean => /is in internal network/.test(messageOf(error));

/** @returns the error to report: the guard's with its cure, else one that may pass */
export function connectError(what: string, error: unknown): Error {
  return isGuardError(error)
    ? refusedHost(error)
    : ioError(`${what}: ${messageOf(error) || String((error as { code?: unknown }).code)}`, error);
}

export interface HostPort {
  host: string;
  port: number;
}

/** `host`, `host:port`, `[v6]:port`, `scheme://host:port`. @throws Error for anything else */
export function parseHostPort(address: string, defaultPort: number, what: string): HostPort {
  const m = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(\[[0-9a-fA-F:.]+\]|[^:/@\s]+)(?::(\d{1,5}))?\/?$/.exec(address.trim());
  const port = m?.[2] === undefined ? defaultPort : Number(m[2]);
  if (!m || port < 1 || port > 65_535) throw new Error(`${what} "${address}" is not host:port`);
  return { host: m[1]!.replace(/^\[|\]$/g, ''), port };
}
