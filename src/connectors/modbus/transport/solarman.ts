// Modbus through a solar logger (Solarman V5: Deye, Sofar, Solis, Sunsynk and others): RTU frames in envelopes over TCP. A reply is taken when the
// sequence byte is the request's and the RTU checksum is right. A logger whose serial number is not given tells it in its first reply. The bytes:
// solarman-frame.ts.
import type net from 'node:net';
import { ioError, messageOf } from '../../../base/errors/gateway-error.ts';
import { isSealed, sealed } from '../checksums.ts';
import { checkReply, encodeRequest, type ModbusRequest } from '../frame.ts';
import { openSocket } from './socket.ts';
import { type SolarmanFrame, solarmanReply, solarmanRequest, solarmanTime, takeSolarman } from './solarman-frame.ts';
import type { OnFrame, Transport } from './transport.ts';

/** The line behind a logger is shared with the logger's own polling: pause before each request. */
const GAP_MS = 50;
/** So many bytes that belong to no frame, and the connection is made anew. */
const MAX_SKIPPED_BYTES = 64;
/** The inverter gave the logger no answer. */
const NO_ANSWER = 5;
const GATEWAY_TARGET_SILENT = 11;

export interface SolarmanLine {
  /** 0: unknown; the logger tells it. */
  readonly serial: number;
  /** Wall clock, epoch ms. */
  now(): number;
}

export async function openSolarman(host: string, port: number, line: SolarmanLine): Promise<Transport> {
  const { socket, ended } = await openSocket(host, port, `modbus solarman://${host}:${port}`);
  return solarmanTransport(socket, ended, line);
}

/** @param ended resolves when the socket is lost */
export function solarmanTransport(socket: net.Socket, ended: Promise<Error>, { serial: given, now }: SolarmanLine): Transport {
  let serial = given;
  let rest: Buffer = Buffer.alloc(0);
  let sequence = Math.floor(Math.random() * 0x100);
  let strays = 0;
  let skipped = 0;
  let waiting: { request: ModbusRequest; onFrame: OnFrame; sequence: number } | undefined;

  /** Unit id and PDU; undefined when its checksum is wrong. Some loggers add the checksum of the whole frame, which is 0. */
  const opened = (rtu: Buffer): Buffer | undefined => {
    if (rtu.length >= 7 && rtu.readUInt16BE(rtu.length - 2) === 0 && isSealed(rtu.subarray(0, -2))) return rtu.subarray(0, -4);
    return isSealed(rtu) ? rtu.subarray(0, -2) : undefined;
  };
  const stray = (unit: number | undefined, oddity?: string): void => {
    strays++;
    if (unit !== undefined) transport.onStray?.(unit, oddity);
  };
  const write = (request: ModbusRequest) => {
    sequence = (sequence + 1) & 0xff;
    return { sequence, bytes: solarmanRequest(serial, sequence, sealed(encodeRequest(request))) };
  };

  const onReply = (frame: SolarmanFrame): void => {
    const reply = solarmanReply(frame);
    const wanted = waiting?.sequence === (frame.sequence & 0xff) ? waiting : undefined;
    if (!reply || !wanted) {
      stray(reply && 'rtu' in reply ? opened(reply.rtu)?.[0] : undefined);
      return;
    }
    const { request, onFrame } = wanted;
    if ('rtu' in reply) {
      const body = opened(reply.rtu);
      if (!body || checkReply(request, body).kind === 'foreign') {
        stray(request.unit);
        return;
      }
      waiting = undefined;
      onFrame(Buffer.from(body));
      return;
    }
    if (frame.serial !== serial && frame.serial !== 0) {
      if (given !== 0) {
        stray(request.unit, `the logger's serial number is ${frame.serial}, not ${given}: write loggerSerial: ${frame.serial}`);
        return;
      }
      // asked for: the same request again, with the serial number that the logger wants
      serial = frame.serial;
      const again = write(request);
      waiting = { request, onFrame, sequence: again.sequence };
      socket.write(again.bytes);
      return;
    }
    waiting = undefined;
    const code = reply.refusal === NO_ANSWER ? GATEWAY_TARGET_SILENT : reply.refusal;
    onFrame(Buffer.from([request.unit, request.fn | 0x80, code]));
  };

  socket.on('data', (data: Buffer) => {
    const taken = takeSolarman(rest.length > 0 ? Buffer.concat([rest, data]) : data, (frame) => {
      skipped = 0;
      const time = solarmanTime(frame, now());
      if (time) socket.write(time);
      else onReply(frame);
    });
    rest = taken.rest;
    skipped += taken.skipped;
    if (skipped > MAX_SKIPPED_BYTES || (taken.skipped > 0 && skipped === data.length && data.length >= 9 && isModbusTcp(data)))
      socket.destroy(
        new Error(
          isModbusTcp(data)
            ? 'the logger speaks Modbus TCP here: write protocol: tcp, with this tcpPort'
            : 'received bytes that are not Solarman V5; reconnecting',
        ),
      );
  });

  const transport: Transport = {
    gapMs: GAP_MS,
    renewable: true,
    wireMs: () => 0,
    get strays() {
      return strays;
    },
    lost: ended,
    send(request, onFrame) {
      const { sequence: own, bytes } = write(request);
      waiting = { request, onFrame, sequence: own };
      return new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(ioError(messageOf(error), error)) : resolve()));
      });
    },
    async close() {
      socket.destroy();
    },
  };
  return transport;
}

/** Protocol 0, and a length that fits. */
const isModbusTcp = (data: Buffer): boolean => data.length >= 9 && data.readUInt16BE(2) === 0 && data.readUInt16BE(4) === data.length - 6;
