// Reads one value of CBOR (RFC 8949), as EdgeX's services send readings with pictures: numbers, texts, bytes, lists, maps, dates as they are. Integers are
// bigint, so that time stamps in nanoseconds keep their last digits. Used by event.ts.
import { rowError } from '../../base/errors/gateway-error.ts';

export type Cbor = null | boolean | number | bigint | string | Uint8Array | Cbor[] | { [name: string]: Cbor };

const MAX_DEPTH = 64;
const BREAK = Symbol('break');

const refused = (why: string) => rowError(`the payload is no CBOR: ${why}`, 'DECODE_FAILED');

/** @throws rowError DECODE_FAILED for anything that is not one whole value */
export function decodeCbor(bytes: Uint8Array): Cbor {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (value === BREAK || !reader.atEnd) throw refused('bytes are left over');
  return value;
}

class Reader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): Cbor | typeof BREAK {
    if (depth > MAX_DEPTH) throw refused(`more than ${MAX_DEPTH} levels`);
    const first = this.take(1).readUInt8(0);
    const major = first >> 5;
    const info = first & 0x1f;
    if (major === 7) return this.simple(info);
    const size = info === 31 ? undefined : this.argument(info);
    switch (major) {
      case 0:
        return this.definite(size);
      case 1:
        return -1n - this.definite(size);
      case 2:
        return size === undefined ? this.chunks(2, depth) : this.take(this.count(size));
      case 3:
        return size === undefined ? this.chunks(3, depth).toString() : this.take(this.count(size)).toString();
      case 4:
        return this.list(size, depth);
      case 5:
        return this.map(size, depth);
      default:
        // a tag says what the value is for; EdgeX gives it no meaning
        this.definite(size);
        return this.value(depth + 1);
    }
  }

  private take(count: number): Buffer {
    if (this.at + count > this.bytes.length) throw refused('it is cut off');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  private argument(info: number): bigint {
    if (info < 24) return BigInt(info);
    if (info === 24) return BigInt(this.take(1).readUInt8(0));
    if (info === 25) return BigInt(this.take(2).readUInt16BE(0));
    if (info === 26) return BigInt(this.take(4).readUInt32BE(0));
    if (info === 27) return this.take(8).readBigUInt64BE(0);
    throw refused(`the reserved length ${info}`);
  }

  private definite(size: bigint | undefined): bigint {
    if (size === undefined) throw refused('a number without an end');
    return size;
  }

  /** Nothing may have more parts than bytes are left. */
  private count(size: bigint): number {
    if (size > BigInt(this.bytes.length - this.at)) throw refused('it is cut off');
    return Number(size);
  }

  private simple(info: number): Cbor | typeof BREAK {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return half(this.take(2).readUInt16BE(0));
      case 26:
        return this.take(4).readFloatBE(0);
      case 27:
        return this.take(8).readDoubleBE(0);
      case 31:
        return BREAK;
      default:
        throw refused(`the simple value ${info}`);
    }
  }

  private chunks(major: number, depth: number): Buffer {
    const out: Buffer[] = [];
    for (;;) {
      const begin = this.at;
      const chunk = this.value(depth + 1);
      if (chunk === BREAK) return Buffer.concat(out);
      const fits = typeof chunk === 'string' || chunk instanceof Uint8Array;
      if (!fits || this.bytes.readUInt8(begin) >> 5 !== major) throw refused('chunks of several kinds');
      out.push(Buffer.from(chunk));
    }
  }

  private list(size: bigint | undefined, depth: number): Cbor[] {
    const out: Cbor[] = [];
    for (let left = size === undefined ? Number.POSITIVE_INFINITY : this.count(size); left > 0; left--) {
      const value = this.value(depth + 1);
      if (value !== BREAK) out.push(value);
      else if (size === undefined) break;
      else throw refused('an end where none may be');
    }
    return out;
  }

  private map(size: bigint | undefined, depth: number): { [name: string]: Cbor } {
    const out: [string, Cbor][] = [];
    for (let left = size === undefined ? Number.POSITIVE_INFINITY : this.count(size); left > 0; left--) {
      const key = this.value(depth + 1);
      if (key === BREAK && size === undefined) break;
      const value = this.value(depth + 1);
      if (key === BREAK || value === BREAK) throw refused('an end where none may be');
      if (typeof key !== 'string') throw refused('a name that is not a text');
      out.push([key, value]);
    }
    // fromEntries: a member named __proto__ is a member
    return Object.fromEntries(out);
  }
}

/** @source RFC 8949, appendix D */
function half(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
