// Sockets under MQTT: TCP, TLS, WebSocket. TLS failures are turned into plain words here, since the codes of OpenSSL help nobody.
import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type mqtt from 'mqtt';
import { ioError } from '../../base/errors/gateway-error.ts';
import type { ConnectionProps } from './options.ts';
import { WEBSOCKET_REFUSED, webSocketOpener } from './websocket.ts';

export type StreamBuilder = ConstructorParameters<typeof mqtt.MqttClient>[0];

/** Writes of one turn of the event loop are gathered up to this before backpressure sets in. */
const WRITE_BUFFER_BYTES = 256 * 1024;

export interface Address {
  scheme: 'tcp' | 'tls' | 'ws' | 'wss';
  host: string;
  port: number;
  /** Of a WebSocket, with its query. */
  path: string;
  /** As the user wrote it, without credentials. */
  text: string;
  /** `tcp://user:password@host`: they win over the properties, as in eKuiper. */
  username: string | undefined;
  password: string | undefined;
}

const schemes: Record<string, { scheme: Address['scheme']; port: number }> = {
  tcp: { scheme: 'tcp', port: 1883 },
  mqtt: { scheme: 'tcp', port: 1883 },
  ssl: { scheme: 'tls', port: 8883 },
  tls: { scheme: 'tls', port: 8883 },
  mqtts: { scheme: 'tls', port: 8883 },
  ws: { scheme: 'ws', port: 80 },
  wss: { scheme: 'wss', port: 443 },
};

/** @param server one or several addresses separated by commas  @throws Error naming the address */
export function parseAddresses(server: string): Address[] {
  return partsOf(server).map((part) => {
    const text = part.trim();
    const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `tcp://${text}`;
    let url: URL;
    try {
      url = new URL(withScheme.replace(/^[a-z]+:/i, 'http:'));
    } catch {
      throw new Error(`server "${withoutLogin(text)}" is not an address; write for example tcp://192.168.1.10:1883`);
    }
    const name = /^([a-z]+):/i.exec(withScheme)![1]!.toLowerCase();
    const known = schemes[name];
    if (!known) throw new Error(`server "${withoutLogin(text)}": unknown scheme "${name}"; use tcp, ssl, ws or wss`);
    return {
      scheme: known.scheme,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port ? Number(url.port) : known.port,
      // without any path the usual one; one that is given, also a mere /, stays
      path: /^[a-z]+:\/\/[^/?#]*([?#]|$)/i.test(withScheme) ? `/mqtt${url.search}` : url.pathname + url.search,
      text: `${name}://${url.hostname}:${url.port || known.port}`,
      username: url.username === '' ? undefined : decoded(url.username),
      password: url.password === '' ? undefined : decoded(url.password),
    };
  });
}

/** A comma within the query of a WebSocket is no border. */
function partsOf(server: string): string[] {
  const parts: string[] = [];
  for (const piece of server.split(',')) {
    const last = parts.at(-1);
    if (last !== undefined && /^\s*wss?:\/\/[^?]*\?/i.test(last) && !/^\s*[a-z]+:\/\//i.test(piece))
      parts[parts.length - 1] = `${last},${piece}`;
    else parts.push(piece);
  }
  return parts;
}

/** @throws Error naming what cannot be used to connect: the address, headers, names of protocols */
export function checkConnection(props: Pick<ConnectionProps, 'server' | 'headers' | 'alpn'>): Address[] {
  const addresses = parseAddresses(props.server);
  const schemes = new Set(addresses.map((a) => a.scheme));
  const names = Object.keys(props.headers);
  if (names.length > 0 && !schemes.has('ws') && !schemes.has('wss')) throw new Error('headers need a server of ws:// or wss://');
  for (const name of names) {
    const value: unknown = props.headers[name];
    if (typeof value !== 'string') throw new Error(`headers: the value of ${name} is not a text`);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new Error(`headers: ${JSON.stringify(name)} has a name or a value that HTTP does not allow`);
    }
    if (/^(host|connection|upgrade|content-length|transfer-encoding|sec-websocket-.*)$/i.test(name))
      throw new Error(`headers: ${name} belongs to the WebSocket itself`);
  }
  if (props.alpn.length > 0 && !schemes.has('tls') && !schemes.has('wss')) throw new Error('alpn needs a server of ssl:// or wss://');
  const wrong = props.alpn.find((p) => p === '' || Buffer.byteLength(p) > 255);
  if (wrong !== undefined) throw new Error(`alpn: "${wrong}" is not the name of a protocol (1 to 255 bytes)`);
  return addresses;
}

const withoutLogin = (text: string): string => text.replace(/\/\/[^/]*@/, '//');

/** A password may hold a % that is not an escape. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Key material by path or inline base64 (path wins), and TLS settings. @throws Error naming the file that cannot be read */
export function tlsOptions(props: ConnectionProps): tls.ConnectionOptions {
  const load = (what: string, path: string, raw: string): Buffer | undefined => {
    if (path) {
      try {
        return readFileSync(path);
      } catch (error) {
        throw new Error(`${what} "${path}" cannot be read: ${(error as Error).message}`);
      }
    }
    return raw ? Buffer.from(raw, 'base64') : undefined;
  };
  const material = {
    ca: load('rootCaPath', props.rootCaPath, props.rootCARaw),
    cert: load('certificationPath', props.certificationPath, props.certificationRaw),
    key: load('privateKeyPath', props.privateKeyPath, props.privateKeyRaw),
  };
  checkMaterial(material);
  const versions: Record<string, tls.SecureVersion> = { 'tls1.0': 'TLSv1', 'tls1.1': 'TLSv1.1', 'tls1.2': 'TLSv1.2', 'tls1.3': 'TLSv1.3' };
  return {
    ...material,
    rejectUnauthorized: !props.insecureSkipVerify,
    minVersion: versions[props.tlsMinVersion.toLowerCase()] ?? 'TLSv1.2',
    ...(props.alpn.length > 0 ? { ALPNProtocols: [...props.alpn] } : {}),
    ...(props.tlsServerName ? { servername: props.tlsServerName } : {}),
  };
}

/** @throws Error in plain words: OpenSSL says "no start line", and nothing at all about a CA file without a certificate */
function checkMaterial({ ca, cert, key }: { ca: Buffer | undefined; cert: Buffer | undefined; key: Buffer | undefined }): void {
  for (const [what, pem, name] of [
    [ca, 'CERTIFICATE', 'rootCaPath or rootCARaw'],
    [cert, 'CERTIFICATE', 'certificationPath or certificationRaw'],
    [key, 'PRIVATE KEY', 'privateKeyPath or privateKeyRaw'],
  ] as const)
    if (what && !what.includes(`${pem}-----`)) throw new Error(`${name} holds no PEM text with a ${pem.toLowerCase()}`);
  if (cert && !key) throw new Error('certificationPath needs its privateKeyPath');
  if (key && !cert) throw new Error('privateKeyPath needs its certificationPath');
  if (!cert || !key) return;
  try {
    tls.createSecureContext({ cert, key });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' ? 'the key is not the one of the certificate' : (error as Error).message;
    throw new Error(`certificationPath and privateKeyPath: ${why}`, { cause: error });
  }
}

/** Opens the socket for one address. WebSocket support is loaded on first use. */
export async function createStreamBuilder(address: Address, props: ConnectionProps): Promise<StreamBuilder> {
  const secure = address.scheme === 'tls' || address.scheme === 'wss' ? tlsOptions(props) : undefined;
  if (address.scheme === 'tcp')
    return (() => {
      const socket = net.connect({
        host: address.host,
        port: address.port,
        writableHighWaterMark: WRITE_BUFFER_BYTES,
      } as net.NetConnectOpts);
      socket.setNoDelay(true);
      return socket;
    }) as StreamBuilder;
  if (address.scheme === 'tls')
    return (() => {
      const servername = secure!.servername ?? (net.isIP(address.host) ? undefined : address.host);
      const socket = tls.connect({ ...secure, host: address.host, port: address.port, ...(servername ? { servername } : {}) });
      socket.setNoDelay(true);
      return socket;
    }) as StreamBuilder;
  return (await webSocketOpener(address, props.headers, secure)) as unknown as StreamBuilder;
}

const tlsWords: Record<string, string> = {
  CERT_HAS_EXPIRED: "the broker's certificate has expired: renew it on the broker, and check that the clock of this device is right",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet: check that the clock of this device is right",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is self-signed and not trusted: set rootCaPath to the CA (or to this certificate)",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is signed by a CA that is not trusted: set rootCaPath to the CA of the broker",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the broker's certificate is signed by a CA that is not trusted: set rootCaPath to the CA of the broker",
  UNABLE_TO_GET_ISSUER_CERT: "the broker's certificate is signed by a CA that is not trusted: set rootCaPath to the CA of the broker",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the broker's certificate is signed by a CA that is not trusted: set rootCaPath to the CA of the broker",
  CERT_SIGNATURE_FAILURE: "the broker's certificate does not bear the signature of the CA in rootCaPath: it is another CA",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the broker's certificate is for another host name: use the name in the certificate as server, or set tlsServerName",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the broker does not trust the client certificate (certificationPath)',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the broker demands a client certificate: set certificationPath and privateKeyPath',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the broker does not speak TLS on this port: use tcp:// or the TLS port (often 8883)',
  ECONNREFUSED: 'nothing listens there: is the broker running and the port right?',
  ENOTFOUND: 'the host name is not known: check the name and the DNS settings',
  EAI_AGAIN: 'the host name cannot be looked up now: check the network and the DNS settings',
  EHOSTUNREACH: 'the host cannot be reached: check the network',
  ENETUNREACH: 'there is no network to the host',
  ETIMEDOUT: 'the host does not answer: check address, network and firewall',
  ECONNRESET: 'the broker closed the connection',
};

const NO_CONNACK = 'something listens there but does not answer in MQTT: is the port right? (connack timeout)';

/** A connection error in plain words with what to do. */
export function explainConnectionError(error: unknown, address: Address): Error {
  const e = error as { code?: string | number; message?: string; errors?: { code?: string }[] };
  const code = typeof e?.code === 'string' ? e.code : (e?.errors?.[0]?.code ?? '');
  const reset = code === 'ECONNRESET' && address.scheme !== 'tcp' && address.scheme !== 'ws';
  const words = reset
    ? 'the broker closed the connection in the TLS handshake: is this its TLS port, and does it want a client certificate?'
    : /no application protocol/i.test(e?.message ?? '')
      ? 'the broker speaks none of the protocols in alpn'
      : tlsWords[code];
  if (code === WEBSOCKET_REFUSED) return ioError(`${address.text}: ${e.message}`, error);
  const detail = e?.message === 'connack timeout' ? NO_CONNACK : e?.message || code || String(error);
  return ioError(words ? `${address.text}: ${words} (${code})` : `${address.text}: ${detail}`, error);
}
