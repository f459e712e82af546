// Requests that Modbus masters send to this gateway, and the replies to them, as bytes (unit id and PDU). Pure. Used by image.ts and share.ts.
import type { ModbusFunction, ModbusRequest } from '../frame.ts';

export const ILLEGAL_FUNCTION = 1;
export const ILLEGAL_ADDRESS = 2;
export const ILLEGAL_VALUE = 3;
export const SERVER_FAILURE = 4;
export const ACKNOWLEDGE = 5;
export const PATH_UNAVAILABLE = 10;
export const TARGET_SILENT = 11;

/** @source Modbus application protocol 1.1b3, section 6 */
const MAX_BITS = 2000;
const MAX_REGISTERS = 125;
const MAX_WRITTEN_BITS = 1968;
const MAX_WRITTEN_REGISTERS = 123;
const FUNCTIONS: ReadonlyMap<number, ModbusFunction> = new Map(([1, 2, 3, 4, 5, 6, 15, 16, 22] as const).map((fn) => [fn, fn]));

export const isWrite = (fn: ModbusFunction): boolean => fn > 4;

/** @param bytes unit id and PDU, two bytes at the least  @returns the code of an exception when it is none that can be answered */
export function parseRequest(bytes: Buffer): ModbusRequest | number {
  const fn = FUNCTIONS.get(bytes.readUInt8(1));
  if (fn === undefined) return ILLEGAL_FUNCTION;
  if (bytes.length < 6) return ILLEGAL_VALUE;
  const unit = bytes.readUInt8();
  const address = bytes.readUInt16BE(2);
  const count = bytes.readUInt16BE(4);
  const between = (most: number) => (count < 1 || count > most ? ILLEGAL_VALUE : address + count > 0x10000 ? ILLEGAL_ADDRESS : 0);
  switch (fn) {
    case 1:
    case 2:
    case 3:
    case 4: {
      const code = bytes.length === 6 ? between(fn <= 2 ? MAX_BITS : MAX_REGISTERS) : ILLEGAL_VALUE;
      return code || { unit, fn, address, count };
    }
    case 5:
    case 6:
      if (bytes.length !== 6 || (fn === 5 && count !== 0 && count !== 0xff00)) return ILLEGAL_VALUE;
      return { unit, fn, address, count: 1, data: bytes.subarray(4) };
    case 22:
      return bytes.length === 8 ? { unit, fn, address, count: 1, data: bytes.subarray(4) } : ILLEGAL_VALUE;
    default: {
      const size = fn === 15 ? Math.ceil(count / 8) : 2 * count;
      const code = between(fn === 15 ? MAX_WRITTEN_BITS : MAX_WRITTEN_REGISTERS);
      if (code) return code;
      if (bytes.length !== 7 + size || bytes.readUInt8(6) !== size) return ILLEGAL_VALUE;
      return { unit, fn, address, count, data: bytes.subarray(7) };
    }
  }
}

/** @param data of reads: packed coils or register bytes */
export function replyTo(request: Buffer, { fn, data: written }: ModbusRequest, data: Buffer): Buffer {
  if (fn <= 4) return Buffer.concat([request.subarray(0, 2), Buffer.from([data.length]), data]);
  if (fn === 15 || fn === 16) return Buffer.from(request.subarray(0, 6));
  return Buffer.concat([request.subarray(0, 4), written ?? Buffer.alloc(0)]);
}

export const exceptionTo = (request: Buffer, code: number): Buffer => Buffer.from([request.readUInt8(), request.readUInt8(1) | 0x80, code]);
