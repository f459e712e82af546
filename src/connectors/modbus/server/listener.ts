// The TCP side of Modbus servers of this gateway: clients, bounded in number and in what they may send, their requests one after the other. What is
// answered is the caller's. Used by hub.ts and share.ts.
import { once } from 'node:events';
import net from 'node:net';
import { ioError, messageOf } from '../../../base/errors/gateway-error.ts';

/** Unit id and PDU. @source Modbus messaging over TCP/IP 1.0b, 3.1.3 */
const MAX_FRAME_BYTES = 254;
const HEADER_BYTES = 6;
/** A client that sends more without waiting for replies is read on when they are out. */
const MAX_WAITING_BYTES = 4096;
/** A client that says nothing for so long is gone. */
const IDLE_MS = 600_000;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenerOptions extends ListenAddress {
  /** Addresses and networks that may connect; empty: all. */
  readonly allow: readonly string[];
  readonly maxClients: number;
  /** @param request unit id and PDU  @returns the reply, unit id and PDU */
  answer(request: Buffer, client: string): Promise<Buffer>;
}

export interface Listener {
  readonly port: number;
  readonly clients: number;
  readonly refused: number;
  close(): Promise<void>;
}

/** `1502` (this machine only), `0.0.0.0:1502`, `[::]:1502`. @throws Error that says how it is written */
export function parseListen(text: string, property: string): ListenAddress {
  const m = /^(?:(\[[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3}|localhost):)?(\d{1,5})$/i.exec(text.trim());
  const port = Number(m?.[2]);
  const host = (m?.[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '').replace(/^localhost$/i, '127.0.0.1');
  if (!m || port < 1 || port > 65_535 || net.isIP(host) === 0)
    throw new Error(
      `property ${property}: "${text}": write PORT (this machine only) or ADDRESS:PORT, as in 0.0.0.0:1502 for all networks of this machine`,
    );
  return { host, port };
}

export const listenText = ({ host, port }: ListenAddress): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** @throws Error naming what is neither an address nor a network */
export function parseAllow(list: readonly string[], property: string): net.BlockList {
  const allowed = new net.BlockList();
  for (const text of list) {
    const [address = '', bits] = text.trim().split('/');
    const family = net.isIP(address);
    const most = family === 6 ? 128 : 32;
    if (family === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
      throw new Error(`property ${property}: "${text}" is neither an address nor a network; write 192.168.1.20 or 192.168.1.0/24`);
    allowed.addSubnet(address, bits === undefined ? most : Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  }
  return allowed;
}

/** @throws ioError when the address is taken or not ours */
export async function startListener(o: ListenerOptions): Promise<Listener> {
  const allowed = parseAllow(o.allow, 'allow');
  const sockets = new Set<net.Socket>();
  let refused = 0;
  const mayConnect = (socket: net.Socket): boolean => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const family = net.isIP(address);
    return sockets.size < o.maxClients && (o.allow.length === 0 || (family > 0 && allowed.check(address, family === 6 ? 'ipv6' : 'ipv4')));
  };
  const server = net.createServer((socket) => {
    // the peer's end is not the server's trouble
    socket.on('error', () => socket.destroy());
    if (!mayConnect(socket)) {
      refused++;
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket
      .setNoDelay(true)
      .setKeepAlive(true, 60_000)
      .setTimeout(IDLE_MS, () => socket.destroy());
    serve(socket, o);
  });
  server.listen(o.port, o.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw ioError(`cannot listen at ${listenText(o)}: ${reasonOf(error)}`, error);
  }
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : o.port,
    get clients() {
      return sockets.size;
    },
    get refused() {
      return refused;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') return 'another program has this port; choose another one';
  if (code === 'EACCES') return 'ports below 1024 need a permission of the system; choose one above, such as 1502';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return messageOf(error);
}

/** Requests of one client, in order. Bytes that are not Modbus TCP end the connection: the framing is lost. */
function serve(socket: net.Socket, { answer }: ListenerOptions): void {
  let rest: Buffer = Buffer.alloc(0);
  let busy = false;
  const client = `${socket.remoteAddress ?? ''}`.replace(/^::ffff:/, '');
  const next = async (): Promise<void> => {
    while (rest.length >= HEADER_BYTES && !socket.destroyed) {
      const size = rest.readUInt16BE(4);
      if (rest.readUInt16BE(2) !== 0 || size < 2 || size > MAX_FRAME_BYTES) {
        socket.destroy();
        return;
      }
      if (rest.length < HEADER_BYTES + size) return;
      const head = Buffer.from(rest.subarray(0, HEADER_BYTES));
      const request = Buffer.from(rest.subarray(HEADER_BYTES, HEADER_BYTES + size));
      rest = Buffer.from(rest.subarray(HEADER_BYTES + size));
      const reply = await answer(request, client);
      head.writeUInt16BE(reply.length, 4);
      if (!socket.destroyed) socket.write(Buffer.concat([head, reply]));
    }
  };
  const run = () => {
    if (busy) return;
    busy = true;
    next().then(
      () => {
        busy = false;
        socket.resume();
      },
      // an answer that fails is a fault of the program; the client sees a lost connection and comes back
      (error) => socket.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  };
  socket.on('data', (data: Buffer) => {
    rest = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    if (rest.length > MAX_WAITING_BYTES) socket.pause();
    run();
  });
}
