// RTU and ASCII framing over any byte stream: a serial port (connectors/port) or a socket (RTU over TCP). A frame is taken only when unit, function,
// length and checksum fit the request that waits; everything else is a stray. What lies within somebody else's frame is not looked at: registers may
// hold anything, also a frame. Checksums are package modbus-serial's.
import type { Duplex } from 'node:stream';
import { ioError, messageOf } from '../../../base/errors/gateway-error.ts';
import { isSealed, lrc, sealed } from '../checksums.ts';
import { checkReply, encodeRequest, type ModbusRequest, replyLength, replySize } from '../frame.ts';
import type { OnFrame, Transport } from './transport.ts';

const MAX_BUFFER_BYTES = 1024;
/** After so long without a byte an incomplete frame was none. Longer than adapters keep bytes (16 ms). */
const SILENCE_MS = 25;
/** And so many characters of a slow line. */
const SILENT_CHARACTERS = 4;

export type StreamMode = 'rtu' | 'ascii';

export interface StreamLine {
  /** Silence between frames: 3.5 characters. */
  gapMs: number;
  /** One character on the line; 0 for sockets. */
  characterMs: number;
  /** Monotonic ms. */
  now(): number;
  renewable?: boolean;
  /** Calls `work` once after so long. @returns takes it back */
  after?(ms: number, work: () => void): () => void;
}

/** @param ended resolves when the stream is lost */
export function streamTransport(
  stream: Duplex,
  mode: StreamMode,
  line: StreamLine,
  ended: Promise<Error | undefined>,
  close: () => Promise<void>,
): Transport {
  let buffer: Buffer = Buffer.alloc(0);
  let wanted: { request: ModbusRequest; onFrame: OnFrame } | undefined;
  let strays = 0;
  /** No frame that fits begins before here: each place is looked at once, however many pieces the bytes come in. */
  let scanned = 0;
  /** What `dataEnd` of the search was there. */
  let scannedEnd = 0;
  let cancelSilence: (() => void) | undefined;
  let lastByteAtMs = Number.NEGATIVE_INFINITY;

  const stray = (unit: number): void => {
    strays++;
    transport.onStray?.(unit);
  };
  /** The search begins anew with these bytes. */
  const restart = (bytes: Buffer, dataEnd = 0): void => {
    buffer = Buffer.from(bytes);
    scanned = 0;
    scannedEnd = dataEnd;
  };
  /** @param silent nothing more comes for the moment: what is incomplete was noise
   *  @returns false when more bytes decide */
  const searchRtu = (silent: boolean): boolean => {
    const { request, onFrame } = wanted!;
    const good = replyLength(request) + 2;
    /** Nothing before it waits for more bytes. */
    let decided = true;
    // a damaged reply ends there: what looks like an exception within it is data
    let dataEnd = scannedEnd;
    let i = scanned;
    const pass = (): void => {
      i++;
      if (!decided) return;
      scanned = i;
      scannedEnd = dataEnd;
    };
    while (i + 5 <= buffer.length) {
      const fn = buffer[i + 1]!;
      const ours = buffer[i] === request.unit && (fn & 0x7f) === request.fn;
      const size = ours ? (fn & 0x80 ? 5 : good) : replySize(buffer, i);
      if (size === 0) {
        pass();
        continue;
      }
      const whole = i + size <= buffer.length;
      if (!whole && !silent) return false;
      decided &&= whole;
      const frame = buffer.subarray(i, i + size);
      if (whole && isSealed(frame)) {
        const body = Buffer.from(frame.subarray(0, -2));
        const fits = ours && (size > 5 || fn < 0x80 || i >= dataEnd) && checkReply(request, body).kind !== 'foreign';
        if (fits) {
          if (i > 0) strays++;
          restart(buffer.subarray(i + size));
          onFrame(body);
          return true;
        }
        // somebody else's: skipped with all that is in it
        stray(frame[0]!);
        dataEnd = Math.max(0, dataEnd - i - size);
        restart(buffer.subarray(i + size), dataEnd);
        decided = true;
        i = 0;
        continue;
      }
      if (ours && fn < 0x80) dataEnd = Math.max(dataEnd, i + size);
      pass();
    }
    return true;
  };
  const search = (): void => {
    cancelSilence?.();
    cancelSilence = undefined;
    if (searchRtu(line.after === undefined)) return;
    cancelSilence = line.after!(SILENCE_MS + SILENT_CHARACTERS * line.characterMs, () => {
      cancelSilence = undefined;
      if (wanted) searchRtu(true);
    });
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
      else stray(frame[0]!);
    }
  };
  const take = (data: Buffer) => {
    lastByteAtMs = line.now();
    if (!wanted) {
      strays++;
      return;
    }
    if (buffer.length + data.length > MAX_BUFFER_BYTES) restart(data.subarray(-MAX_BUFFER_BYTES));
    else buffer = Buffer.concat([buffer, data]);
    if (mode === 'rtu') search();
    else searchAscii();
  };
  stream.on('data', take);
  const transport: Transport = {
    gapMs: line.gapMs,
    renewable: line.renewable === true,
    wireMs: (request) => (encodeRequest(request).length + replyLength(request) + 4) * (mode === 'ascii' ? 2 : 1) * line.characterMs,
    silentMs: () => line.now() - lastByteAtMs,
    get strays() {
      return strays;
    },
    lost: ended.then((reason) => reason ?? ioError('the line was closed')),
    send(request, onFrame) {
      restart(Buffer.alloc(0));
      cancelSilence?.();
      cancelSilence = undefined;
      wanted = {
        request,
        onFrame: (reply) => {
          wanted = undefined;
          onFrame(reply);
        },
      };
      const body = encodeRequest(request);
      let frame: Buffer;
      if (mode === 'rtu') frame = sealed(body);
      else
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
      cancelSilence?.();
      await close();
    },
  };
  return transport;
}
