// Addresses of ZeroMQ and NNG: tcp://host:port and ipc:///path of a socket file. Used by the connectors zmq and neuron.
import { parseHostPort } from './destination.ts';

/** For `net.connect` and `server.listen`. */
export type Endpoint = { path: string } | { host: string; port: number };

/** @param property its name, for errors  @param bind `*` stands for all addresses  @throws Error for anything but tcp:// and ipc:// */
export function endpointOf(text: string, property: string, bind = false): Endpoint {
  const url = text.trim();
  if (/^ipc:\/\/\/./i.test(url)) return { path: url.slice('ipc://'.length) };
  if (!/^tcp:\/\//i.test(url)) throw new Error(`${property} "${text}" is neither tcp://host:port nor ipc:///path`);
  if (!/:\d+\/?$/.test(url)) throw new Error(`${property} "${text}" names no port`);
  const all = bind && /^tcp:\/\/\*:/i.test(url);
  const { host, port } = parseHostPort(all ? url.replace('*', '0.0.0.0') : url, 0, property);
  return { host, port };
}

export const shownEndpoint = (e: Endpoint): string =>
  'path' in e ? `ipc://${e.path}` : `tcp://${e.host.includes(':') ? `[${e.host}]` : e.host}:${e.port}`;
