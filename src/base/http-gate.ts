// Connections before anybody has shown who he is: few per address, few in all, and the oldest silent one makes room for the next, so that nobody shuts
// others out by holding connections. Used by rest/server.ts, rest/metrics-server.ts and base/data-server.ts. With credentials a connection counts apart.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';

export interface GateLimits {
  /** Connections of one address without credentials; of IPv6 a /64 counts as one. */
  perAddress: number;
  /** The same for this machine, where many programs share one address. */
  perLoopback: number;
  /** Connections of one address with credentials. */
  perAddressKnown: number;
  /** All connections. */
  total: number;
}

export const gateLimits: GateLimits = { perAddress: 32, perLoopback: 256, perAddressKnown: 256, total: 1024 };

/** What is read ahead of an unread body; with Node's header limit (16 kB) and one read of the socket it stays below 64 kB. */
export const UNREAD_BYTES = 16 * 1024;
/** From the first byte of a connection, or of a call, to the end of its headers. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often that is looked at. */
const CHECK_MS = 1000;
/** Between calls. */
const IDLE_TIMEOUT_MS = 60_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** For createServer. */
export const gatedServerOptions = {
  highWaterMark: UNREAD_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  keepAliveTimeout: IDLE_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_MS,
  /** TLS only. */
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  maxHeaderSize: 16 * 1024,
} as const;

export interface HttpGate {
  /** Counts the connections of a server from now on. */
  watch(server: Server): void;
  /** The caller of this connection showed credentials, or needs none. */
  admitted(socket: Socket): void;
  readonly counts: { readonly open: number; readonly refused: number; readonly evicted: number };
}

interface Held {
  socket: Socket;
  address: string;
  known: boolean;
  /** A call came whole with its headers. */
  called: boolean;
}

export function createHttpGate(limits: GateLimits = gateLimits): HttpGate {
  /** In the order in which they came. */
  const strangers = new Set<Held>();
  const bySocket = new Map<Socket, Held>();
  const perAddress = new Map<string, { strangers: number; known: number }>();
  let refused = 0;
  let evicted = 0;

  const count = (address: string) => {
    let c = perAddress.get(address);
    if (!c) perAddress.set(address, (c = { strangers: 0, known: 0 }));
    return c;
  };
  const forget = (held: Held): void => {
    if (!bySocket.delete(held.socket)) return;
    strangers.delete(held);
    const c = count(held.address);
    c[held.known ? 'known' : 'strangers']--;
    if (c.strangers + c.known === 0) perAddress.delete(held.address);
  };
  /** @returns false when there is none to make room */
  const evict = (fits: (h: Held) => boolean): boolean => {
    for (const held of strangers) {
      if (!fits(held)) continue;
      evicted++;
      forget(held);
      held.socket.destroy();
      return true;
    }
    return false;
  };
  const came = (socket: Socket): void => {
    const address = addressKey(socket.remoteAddress ?? '');
    const limit = address === LOOPBACK ? limits.perLoopback : limits.perAddress;
    if (perAddress.get(address) && count(address).strangers >= limit) evict((h) => h.address === address);
    if (bySocket.size >= limits.total && !evict(() => true)) {
      refused++;
      socket.destroy();
      return;
    }
    const held: Held = { socket, address, known: false, called: false };
    // Node looks at half headers, not at those who say nothing at all
    const timer = setTimeout(() => {
      if (!held.called) socket.destroy();
    }, HEADERS_TIMEOUT_MS + CHECK_MS);
    timer.unref();
    bySocket.set(socket, held);
    strangers.add(held);
    count(address).strangers++;
    socket.once('close', () => {
      clearTimeout(timer);
      forget(held);
    });
  };

  return {
    watch(server) {
      server.on('connection', came);
      // not for handshakes of WebSockets: who listens for these has to answer all of them
      server.on('request', ({ socket }: IncomingMessage) => {
        const held = bySocket.get(rawSocket(socket, bySocket));
        if (held) held.called = true;
      });
    },
    admitted(socket) {
      const held = bySocket.get(rawSocket(socket, bySocket));
      if (!held || held.known) return;
      held.called = true;
      const c = count(held.address);
      if (held.address !== LOOPBACK && c.known >= limits.perAddressKnown) return; // it stays one that may be evicted
      held.known = true;
      strangers.delete(held);
      c.strangers--;
      c.known++;
    },
    get counts() {
      return { open: bySocket.size, refused, evicted };
    },
  };
}

/** A request over TLS has another socket than the connection that was counted. */
function rawSocket(socket: Socket, known: ReadonlyMap<Socket, unknown>): Socket {
  if (known.has(socket)) return socket;
  const parent = (socket as Socket & { _parent?: Socket })._parent;
  return parent ?? socket;
}

const LOOPBACK = 'loopback';

/** Whose connection it is: an IPv4 address, a /64 of IPv6, or this machine. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (plain === '' || plain === '::1' || plain.startsWith('127.')) return LOOPBACK;
  if (isIP(plain) !== 6) return plain;
  // the first four groups; a :: among them stands for zeros
  const [head = ''] = plain.split('::', 1);
  const groups = head === '' ? [] : head.split(':');
  while (groups.length < 4) groups.push('0');
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Bytes of bodies that are held at once, of all callers together: many that are allowed singly must not fill the device. */
export class BodyBudget {
  private used = 0;
  private readonly limit: number;
  constructor(maxBytes: number) {
    this.limit = maxBytes;
  }
  /** @returns false when it does not fit now */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }
  give(bytes: number): void {
    this.used -= bytes;
  }
  get held(): number {
    return this.used;
  }
}

/** A body that is not wanted is not read: the connection ends with the answer, which gets a moment to arrive. */
export function leaveBody(request: IncomingMessage, response: ServerResponse): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && (length === undefined || length === '0')) return;
  const socket = request.socket as Socket & { destroySoon(): void };
  response.setHeader('Connection', 'close');
  request.pause();
  // Node closes at once after such an answer; bytes that lie unread then make the kernel reset the connection, and the answer is lost
  socket.destroySoon = () => {
    socket.end();
    socket.pause();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}

const LINGER_MS = 500;
