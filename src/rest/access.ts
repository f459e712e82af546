// Who may call: without authentication only loopback, and only under a loopback name (a web page that resolves its own name to
// 127.0.0.1, or one that posts across origins, gets 403). With authentication every call but / and /ping carries a token.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { GatewayError } from '../base/errors/gateway-error.ts';

export interface Caller {
  /** `Host` header. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` header: browsers send it also where they send no Origin (an image whose address is /stop). */
  readonly site: string | undefined;
}

export function callerOf(headers: IncomingHttpHeaders): Caller {
  const site = headers['sec-fetch-site'];
  return { host: headers.host, origin: headers.origin, site: (Array.isArray(site) ? site[0] : site)?.trim().toLowerCase() };
}

/** `localhost`, 127.0.0.0/8, ::1 */
export function isLoopback(host: string): boolean {
  const name = (/^\[(.*)\]$/.exec(host)?.[1] ?? host).toLowerCase();
  return name === 'localhost' || name === '::1' || name === '::ffff:127.0.0.1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** Host name of a `Host` header, or of an origin `http://name:port`. */
export function hostNameOf(value: string): string {
  const host = value.replace(/^[a-z]+:\/\//i, '');
  // what does not end behind its port is not a host of ours: `[::1].evil.com`, `127.0.0.1:80@evil.com`
  return /^(\[[0-9a-f:.]+\]|[^:/?#@[\]\s]+)(?::\d{1,5})?\/?$/i.exec(host)?.[1] ?? host;
}

/** @param allowed further names, `basic.restAllowedHosts`
 *  @returns the reason of a refusal, or undefined when the caller without token may go on */
export function refusalWithoutToken({ host, origin, site }: Caller, allowed: readonly string[]): string | undefined {
  const ok = (name: string) => isLoopback(name) || allowed.some((a) => a.toLowerCase() === name.toLowerCase());
  if (host === undefined || !ok(hostNameOf(host)))
    return `the host name "${host ?? ''}" is not one of this server; call it by 127.0.0.1 or add the name to basic.restAllowedHosts`;
  if (origin !== undefined && !ok(hostNameOf(origin)))
    return `pages of "${origin}" may not call this server; add the host to basic.restAllowedHosts if they should`;
  if (origin === undefined && (site === 'cross-site' || site === 'same-site'))
    return 'pages of another site may not call this server; add their host to basic.restAllowedHosts if they should';
  return undefined;
}

/** @throws GatewayError CONFIG_INSECURE when REST would be open to the network without credentials */
export function checkListenAddress(ip: string, port: number, authentication: boolean, credentials: number): void {
  if (isLoopback(ip)) return;
  const refuse = (reason: string): never => {
    throw new GatewayError('CONFIG_INSECURE', { address: ip, port, reason });
  };
  if (!authentication)
    refuse('basic.authentication is false; set it to true and put a token or public key into etc/mgmt, or basic.restIp to 127.0.0.1');
  if (credentials === 0)
    refuse(
      'there is neither a public key nor a token in etc/mgmt, so no caller would be accepted; write a line "NAME admin SHA256-OF-TOKEN" into etc/mgmt/tokens',
    );
}
