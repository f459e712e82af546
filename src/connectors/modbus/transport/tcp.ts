// Modbus TCP over package modbus-serial's TcpPort (header, reassembly). The transaction id is ours: 16 bits, so that one is not used again while a late reply
// of it could come (the package counts to 256); a reply with another id is thrown away.

import { createRequire } from 'node:module';
import net from 'node:net';
import { ioError, messageOf } from '../../../base/errors/gateway-error.ts';
import { encodeRequest, type ModbusRequest } from '../frame.ts';
import type { OnFrame, Transport } from './transport.ts';

/** The part of the package's port that is used; it is not typed there. */
interface TcpPort {
  _transactionIdWrite: number;
  _transactionIdRead: number;
  open(done: (error?: unknown) => void): void;
  write(frameWithCrc: Buffer): void;
  destroy(done?: (error?: unknown) => void): void;
  on(event: 'data', take: (frameWithCrc: Buffer) => void): void;
  on(event: 'close', take: () => void): void;
}

/** Short, so that a server that is back is found within 3 s. */
const CONNECT_TIMEOUT_MS = 2000;
const MAX_FRAME_BYTES = 260;

export async function openTcp(host: string, port: number): Promise<Transport> {
  // loaded on use; CommonJS
  const TcpPortClass = createRequire(import.meta.url)('modbus-serial/ports/tcpport.js') as new (options: { socket: net.Socket }) => TcpPort;
  const socket = net.connect({ host, port });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(ioError(`modbus tcp://${host}:${port}: ${messageOf(error)}`, error));
    });
  });
  socket.setNoDelay(true);
  const line = new TcpPortClass({ socket });
  let wanted: { id: number; onFrame: OnFrame } | undefined;
  let nextId = Math.floor(Math.random() * 0xffff);
  let strays = 0;
  let giveUp!: (error: Error) => void;
  const lost = new Promise<Error>((resolve) => {
    giveUp = resolve;
  });
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () =>
    giveUp(ioError(`modbus tcp://${host}:${port}: ${failure ? messageOf(failure) : 'the server closed the connection'}`, failure)),
  );
  line.on('data', (frame) => {
    // the port adds a checksum that TCP does not have
    const bytes = frame.subarray(0, -2);
    if (!wanted || line._transactionIdRead !== wanted.id || bytes.length > MAX_FRAME_BYTES) strays++;
    else wanted.onFrame(Buffer.from(bytes));
  });
  return {
    gapMs: 0,
    renewable: true,
    wireMs: () => 0,
    get strays() {
      return strays;
    },
    lost,
    async send(request: ModbusRequest, onFrame: OnFrame) {
      nextId = (nextId + 1) & 0xffff;
      wanted = { id: nextId, onFrame };
      line._transactionIdWrite = nextId;
      line.write(Buffer.concat([encodeRequest(request), Buffer.alloc(2)]));
    },
    async close() {
      socket.destroy();
    },
  };
}
