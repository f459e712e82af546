// RTU and ASCII framing over any byte stream: a serial port (connectors/port) or a socket (RTU over TCP). A frame is taken only when unit, function,
// length and checksum fit the request that waits; everything else is a stray. Checksums are package modbus-serial's.
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { ioError, messageOf } from '../../../base/errors/gateway-error.ts';
import { checkReply, encodeRequest, type ModbusRequest, replyLength } from '../frame.ts';
import type { OnFrame, Transport } from './transport.ts';

const require = createRequire(import.meta.url);
const MAX_BUFFER_BYTES = 1024;

export type StreamMode = 'rtu' | 'ascii';

export interface StreamLine {
  /** Silence between frames: 3.5 characters. */
  gapMs: number;
  /** One character on the line; 0 for sockets. */
  characterMs: number;
  /** Monotonic ms. */
  now(): number;
  renewable?: boolean;
}

/** @param ended resolves when the stream is lost */
export function streamTransport(
  stream: Duplex,
  mode: StreamMode,
  line: StreamLine,
  ended: Promise<Error | undefined>,
  close: () => Promise<void>,
): Transport {
  const crc16 = require('modbus-serial/utils/crc16.js') as (b: Buffer) => number;
  const lrc = require('modbus-serial/utils/lrc.js') as (b: Buffer) => number;
  let buffer: Buffer = Buffer.alloc(0);
  let wanted: { request: ModbusRequest; onFrame: OnFrame } | undefined;
  let strays = 0;
  let lastByteAtMs = Number.NEGATIVE_INFINITY;

  const crcFits = (frame: Buffer) => frame.readUInt16LE(frame.length - 2) === crc16(frame.subarray(0, -2));
  const searchRtu = (): void => {
    const { request, onFrame } = wanted!;
    const good = replyLength(request) + 2;
    for (let i = 0; i + 5 <= buffer.length; i++) {
      if (buffer[i] !== request.unit) continue;
      const size = buffer[i + 1] === request.fn ? good : buffer[i + 1] === (request.fn | 0x80) ? 5 : 0;
      if (size === 0 || i + size > buffer.length) continue;
      const frame = buffer.subarray(i, i + size);
      if (!crcFits(frame) || checkReply(request, frame.subarray(0, -2)).kind === 'foreign') continue;
      if (i > 0) strays++;
      buffer = Buffer.from(buffer.subarray(i + size));
      onFrame(Buffer.from(frame.subarray(0, -2)));
      return;
    }
  };
  const searchAscii = (): void => {
    for (;;) {
      const end = buffer.indexOf('\r\n');
      if (end < 0) return;
      const start = buffer.lastIndexOf(0x3a, end);
      const text = start >= 0 ? buffer.subarray(start + 1, end).toString('latin1') : '';
      buffer = Buffer.from(buffer.subarray(end + 2));
      const bytes = /^([0-9A-Fa-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(0);
      if (bytes.length < 4 || lrc(bytes.subarray(0, -1)) !== bytes[bytes.length - 1]) {
        strays++;
        continue;
      }
      const frame = Buffer.from(bytes.subarray(0, -1));
      if (wanted && checkReply(wanted.request, frame).kind !== 'foreign') wanted.onFrame(frame);
      else strays++;
    }
  };
  const take = (data: Buffer) => {
    lastByteAtMs = line.now();
    if (!wanted) {
      strays++;
      return;
    }
    buffer = buffer.length + data.length > MAX_BUFFER_BYTES ? Buffer.from(data.subarray(-MAX_BUFFER_BYTES)) : Buffer.concat([buffer, data]);
    if (mode === 'rtu') searchRtu();
    else searchAscii();
  };
  stream.on('data', take);
  return {
    gapMs: line.gapMs,
    renewable: line.renewable === true,
    wireMs: (request) => (encodeRequest(request).length + replyLength(request) + 4) * (mode === 'ascii' ? 2 : 1) * line.characterMs,
    silentMs: () => line.now() - lastByteAtMs,
    get strays() {
      return strays;
    },
    lost: ended.then((reason) => reason ?? ioError('the line was closed')),
    send(request, onFrame) {
      buffer = Buffer.alloc(0);
      wanted = {
        request,
        onFrame: (reply) => {
          wanted = undefined;
          onFrame(reply);
        },
      };
      const body = encodeRequest(request);
      let frame: Buffer;
      if (mode === 'rtu') {
        const crc = Buffer.alloc(2);
        crc.writeUInt16LE(crc16(body));
        frame = Buffer.concat([body, crc]);
      } else
        frame = Buffer.from(
          `:${Buffer.concat([body, Buffer.from([lrc(body)])])
            .toString('hex')
            .toUpperCase()}\r\n`,
          'latin1',
        );
      return new Promise((resolve, reject) => {
        stream.write(frame, (error) => (error ? reject(ioError(messageOf(error), error)) : resolve()));
      });
    },
    async close() {
      stream.off('data', take);
      await close();
    },
  };
}
