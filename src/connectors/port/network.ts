// Serial devices on a network as ports: `tcp://host:port` (ser2net, Moxa, P1 adapters), `rfc2217://host:port` (with speed and control lines), `udp://host:port`,
// `udp://:port` (who sends there is heard). Called by open.ts; the telnet part of RFC 2217: rfc2217.ts.
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { OpenPort, OpenPortOptions } from './open.ts';

export interface NetworkPort {
  readonly scheme: 'tcp' | 'rfc2217' | 'udp';
  /** '' = any sender (udp). */
  readonly host: string;
  readonly port: number;
  /** As written, in one form. */
  readonly text: string;
}

const SCHEME = /^(tcp|socket|rfc2217|udp):\/\//i;

/** True for a port that is no device of this machine. */
export const isNetworkPort = (port: string): boolean => SCHEME.test(port);

/** @throws Error that says how it is written */
export function parseNetworkPort(text: string): NetworkPort {
  const m = /^(tcp|socket|rfc2217|udp):\/\/(\[[0-9a-f:.%]+\]|[^:/?#@\s]*):(\d{1,5})\/?$/i.exec(text.trim());
  const port = Number(m?.[3]);
  if (!m || port < 1 || port > 65_535)
    throw new Error(`port "${text}": write tcp://HOST:PORT, rfc2217://HOST:PORT, udp://HOST:PORT, or udp://:PORT`);
  const scheme = m[1]!.toLowerCase().replace('socket', 'tcp') as NetworkPort['scheme'];
  const host = m[2]!.replace(/^\[|\]$/g, '');
  if (host === '' && scheme !== 'udp') throw new Error(`port "${text}": the host is missing`);
  const shown = host.includes(':') ? `[${host}]` : host.toLowerCase();
  return { scheme, host, port, text: `${scheme}://${shown}:${port}` };
}

/** Opens it once. @throws ioError when nobody is there */
export async function openNetworkPort(options: OpenPortOptions): Promise<OpenPort> {
  const target = parseNetworkPort(options.selector.port);
  const holder = options.locks.take(target.text, options.owner);
  if (holder !== undefined) throw ioError(`${target.text} is in use by ${holder} of this gateway: a port serves one owner`);
  try {
    if (target.scheme === 'udp') return await (await import('./network-udp.ts')).openUdp(target, options);
    return await (await import('./network-tcp.ts')).openTcp(target, options);
  } catch (error) {
    options.locks.release(target.text);
    throw ioError(`${target.text}: ${messageOf(error)}`, error);
  }
}
