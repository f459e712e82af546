// Checksums of Modbus RTU and ASCII: package modbus-serial's, with types. Used by the transports and the simulator.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const crc16: (bytes: Buffer) => number = require('modbus-serial/utils/crc16.js');
export const lrc: (bytes: Buffer) => number = require('modbus-serial/utils/lrc.js');

/** The bytes with their checksum, as they go over an RTU line. */
export function sealed(body: Buffer): Buffer {
  const frame = Buffer.alloc(body.length + 2);
  body.copy(frame);
  frame.writeUInt16LE(crc16(body), body.length);
  return frame;
}

/** Whether the last two bytes are the checksum of the others. */
export const isSealed = (frame: Buffer): boolean => frame.readUInt16LE(frame.length - 2) === crc16(frame.subarray(0, -2));
