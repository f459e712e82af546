// Modbus requests and replies as bytes, without transport: function codes, lengths, exceptions. Used by bus.ts and the transports.

export type ReadFunction = 1 | 2 | 3 | 4;
export type ModbusFunction = ReadFunction | 5 | 6 | 15 | 16 | 22;

export interface ModbusRequest {
  readonly unit: number;
  readonly fn: ModbusFunction;
  readonly address: number;
  /** Coils or registers to read or write. */
  readonly count: number;
  /** What is written: for 5 and 6 one register, 15 packed coils, 16 registers, 22 and-mask and or-mask (big-endian bytes). */
  readonly data?: Uint8Array;
}

/** @source Modbus application protocol 1.1b3, section 7 */
export const exceptionNames: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'server device failure',
  5: 'acknowledge',
  6: 'server device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
};

/** The unit answered with an exception: the request is wrong or the unit cannot serve it now. */
export class ModbusException extends Error {
  readonly exceptionCode: number;
  /** The unit asks for time: worth another try at once. */
  readonly retriable: boolean;
  /** A gateway says that the unit cannot be reached. */
  readonly unreachable: boolean;
  constructor(unit: number, code: number) {
    super(`unit ${unit} answers exception ${code}: ${exceptionNames[code] ?? 'unknown'}`);
    this.name = 'ModbusException';
    this.exceptionCode = code;
    this.retriable = code === 5 || code === 6;
    this.unreachable = code === 10 || code === 11;
  }
}

/** Unit id and PDU, without checksum. */
export function encodeRequest(r: ModbusRequest): Buffer {
  const head = Buffer.alloc(6);
  head[0] = r.unit;
  head[1] = r.fn;
  head.writeUInt16BE(r.address, 2);
  switch (r.fn) {
    case 1:
    case 2:
    case 3:
    case 4:
      head.writeUInt16BE(r.count, 4);
      return head;
    case 5:
    case 6:
      return Buffer.concat([head.subarray(0, 4), r.data!]);
    case 22:
      return Buffer.concat([head.subarray(0, 4), r.data!]);
    case 15:
    case 16:
      head.writeUInt16BE(r.count, 4);
      return Buffer.concat([head, Buffer.from([r.data!.length]), r.data!]);
  }
}

/** Length of the good reply (unit id and PDU, without checksum). */
export function replyLength(r: ModbusRequest): number {
  switch (r.fn) {
    case 1:
    case 2:
      return 3 + Math.ceil(r.count / 8);
    case 3:
    case 4:
      return 3 + 2 * r.count;
    case 22:
      return 8;
    default:
      return 6;
  }
}

/** Length of the RTU reply (with checksum) that could begin at this place, whoever sends it; 0 when none does or its length is not known.
 *  @param bytes at least three from `at` */
export function replySize(bytes: Buffer, at: number): number {
  const unit = bytes[at]!;
  const fn = bytes[at + 1]!;
  if (unit < 1 || unit > 247) return 0;
  if ((fn >= 0x81 && fn <= 0x98) || fn === 7) return 5;
  if (fn <= 4 || fn === 12 || fn === 17 || fn === 20 || fn === 21 || fn === 23) return fn === 0 ? 0 : 5 + bytes[at + 2]!;
  if (fn === 5 || fn === 6 || fn === 8 || fn === 11 || fn === 15 || fn === 16) return 8;
  return fn === 22 ? 10 : 0;
}

export type ReplyCheck = { kind: 'good'; data: Buffer } | { kind: 'exception'; code: number } | { kind: 'foreign' };

/** Whether `lenient` takes what is odd; otherwise the text holds its own cure. */
export const isTakenByLenient = (oddity: string): boolean => oddity.startsWith('replies come');

/** What is odd about a reply that fits the request but for its unit; undefined: it does not fit. */
export function oddityOf(r: ModbusRequest, reply: Buffer): string | undefined {
  const unit = reply[0]!;
  if (unit === r.unit || (unit !== 0 && unit !== 255 && r.unit !== 0 && r.unit !== 255)) return undefined;
  const fits = checkReply({ ...r, unit }, reply).kind !== 'foreign';
  return fits ? `replies come from unit ${unit} instead of unit ${r.unit}` : undefined;
}

/** Why a reply that comes with the number of the request is none to it; undefined: it is. */
export function misfitOf(r: ModbusRequest, reply: Buffer): string | undefined {
  if (reply[0] !== r.unit || checkReply(r, reply).kind !== 'foreign') return undefined;
  const [, fn = 0] = reply;
  const bytes = (length: number) => `${Math.max(0, length)} data byte${length === 1 ? '' : 's'}`;
  if (fn !== r.fn) return `its replies do not fit: function ${fn} instead of ${r.fn}`;
  if (r.fn <= 4 && reply.length !== replyLength(r))
    return `its replies do not fit: ${bytes(reply.length - 3)} instead of ${replyLength(r) - 3}`;
  return 'its replies do not fit: other contents than those of the request';
}

/** Looks whether these bytes (unit id and PDU) answer the request: unit, function, length, and the echo of writes.
 *  @returns `foreign` for anything else; it is never taken for the answer */
export function checkReply(r: ModbusRequest, reply: Buffer): ReplyCheck {
  if (reply.length < 3 || reply[0] !== r.unit) return { kind: 'foreign' };
  if (reply[1] === (r.fn | 0x80) && reply.length === 3) return { kind: 'exception', code: reply[2]! };
  if (reply[1] !== r.fn || reply.length !== replyLength(r)) return { kind: 'foreign' };
  if (r.fn <= 4) return reply[2] === reply.length - 3 ? { kind: 'good', data: reply.subarray(3) } : { kind: 'foreign' };
  if (reply.readUInt16BE(2) !== r.address) return { kind: 'foreign' };
  const echo = reply.subarray(4);
  const wanted = r.fn === 15 || r.fn === 16 ? Buffer.from([r.count >> 8, r.count & 255]) : Buffer.from(r.data!);
  return echo.equals(wanted) ? { kind: 'good', data: echo } : { kind: 'foreign' };
}
