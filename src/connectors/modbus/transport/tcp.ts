// Modbus TCP over package modbus-serial's TcpPort (header, reassembly). The transaction id is ours (the package counts to 256 and takes no care of live
// ones): transaction-ids.ts. A reply is handed to the request with its id, also after later requests were sent; one with an unknown id is a stray. A header that
// cannot be one ends the connection, since the framing is lost.

import { createRequire } from 'node:module';
import type net from 'node:net';
import { encodeRequest, type ModbusRequest } from '../frame.ts';
import { openSocket } from './socket.ts';
import { createTransactionIds } from './transaction-ids.ts';
import type { OnFrame, Transport } from './transport.ts';

/** The part of the package's port that is used; it is not typed there. */
interface TcpPort {
  _transactionIdWrite: number;
  _transactionIdRead: number;
  /** What was received, from the frame that is being handed out. */
  _clientRcvData: Buffer;
  open(done: (error?: unknown) => void): void;
  write(frameWithCrc: Buffer): void;
  destroy(done?: (error?: unknown) => void): void;
  on(event: 'data', take: (frameWithCrc: Buffer) => void): void;
  on(event: 'close', take: () => void): void;
}

/** Unit id and PDU. @source Modbus messaging over TCP/IP 1.0b, 3.1.3 */
const MAX_FRAME_BYTES = 254;
const HEADER_BYTES = 6;
/** Requests whose replies are still recognised; older ones are strays. */
const MAX_WAITING = 64;

/** @param lenient a reply with an id that was not given out (0, or one more than the request's) is taken when one request is under way */
export async function openTcp(host: string, port: number, lenient = false): Promise<Transport> {
  const { socket, ended } = await openSocket(host, port, `modbus tcp://${host}:${port}`);
  return tcpTransport(socket, ended, lenient);
}

/** @param ended resolves when the socket is lost */
export function tcpTransport(socket: net.Socket, ended: Promise<Error>, lenient = false): Transport {
  // loaded on use; CommonJS
  const TcpPortClass = createRequire(import.meta.url)('modbus-serial/ports/tcpport.js') as new (options: { socket: net.Socket }) => TcpPort;
  const line = new TcpPortClass({ socket });
  /** By transaction id, in the order in which they were sent. */
  const waiting = new Map<number, OnFrame>();
  const ids = createTransactionIds(Math.floor(Math.random() * 0x10000));
  let strays = 0;
  const framingLost = (): boolean => {
    const rest = line._clientRcvData;
    if (rest.length < HEADER_BYTES) return false;
    const size = rest.readUInt16BE(4);
    if (rest.readUInt16BE(2) === 0 && size >= 2 && size <= MAX_FRAME_BYTES) return false;
    socket.destroy(new Error('received bytes that are not Modbus TCP; reconnecting'));
    return true;
  };
  line.on('data', (frame) => {
    if (socket.destroyed || framingLost()) return;
    // the port adds a checksum that TCP does not have
    const bytes = frame.subarray(0, -2);
    let id = line._transactionIdRead;
    const known = ids.answered(id);
    const only = waiting.size === 1 ? [...waiting.keys()][0]! : undefined;
    // gateways that count by themselves, or not at all
    const odd = !known && only !== undefined && (id === 0 || id === ((only + 1) & 0xffff));
    if (odd && lenient) id = only;
    const onFrame = waiting.get(id);
    if (onFrame) {
      waiting.delete(id);
      onFrame(Buffer.from(bytes));
    } else {
      strays++;
      transport.onStray?.(
        bytes[0]!,
        odd ? `replies come with transaction id ${id === 0 ? '0' : 'n + 1'} instead of the request's` : undefined,
      );
    }
  });
  // after the port's own listener: what it waits for must be a frame
  socket.on('data', framingLost);
  const transport: Transport = {
    gapMs: 0,
    renewable: true,
    overlaps: !lenient,
    wireMs: () => 0,
    get strays() {
      return strays;
    },
    lost: ended,
    async send(request: ModbusRequest, onFrame: OnFrame) {
      const id = ids.take();
      waiting.set(id, onFrame);
      if (waiting.size > MAX_WAITING) waiting.delete(waiting.keys().next().value!);
      line._transactionIdWrite = id;
      line.write(Buffer.concat([encodeRequest(request), Buffer.alloc(2)]));
    },
    forget(onFrame) {
      for (const [id, waits] of waiting) if (waits === onFrame) waiting.delete(id);
    },
    async close() {
      socket.destroy();
    },
  };
  return transport;
}
