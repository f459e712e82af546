// MessagePack, both ways, as far as values go: whole numbers, floats, texts, bytes, lists, maps. @source github.com/msgpack/msgpack spec.md. Used by
// msgpack-caller.ts.
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { setMember } from '../../data/set-member.ts';
import { isDateTime, type Row, type Value } from '../../data/value.ts';

const MAX_DEPTH = 100;

// --------------------------------------------------------------------------------------------------------------------------- encoding

export function encodeMsgpack(value: unknown): Buffer {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(v: unknown, out: Uint8Array[]): void {
  if (v === null || v === undefined) return void out.push(Buffer.of(0xc0));
  switch (typeof v) {
    case 'boolean':
      return void out.push(Buffer.of(v ? 0xc3 : 0xc2));
    case 'bigint':
      return void out.push(wholeNumber(v));
    case 'number':
      return void out.push(float(v));
    case 'string':
      return text(v, out);
  }
  if (v instanceof Uint8Array) {
    out.push(head(v.length, [], [0xc4, 0xc5, 0xc6]), v);
  } else if (Array.isArray(v)) {
    out.push(head(v.length, [0x90, 15], [undefined, 0xdc, 0xdd]));
    for (const e of v) write(e, out);
  } else if (isDateTime(v)) text(formatRfc3339(v), out);
  else {
    const entries = Object.entries(v).filter(([, e]) => e !== undefined);
    out.push(head(entries.length, [0x80, 15], [undefined, 0xde, 0xdf]));
    for (const [key, e] of entries) {
      text(key, out);
      write(e, out);
    }
  }
}

function text(v: string, out: Uint8Array[]): void {
  const bytes = Buffer.from(v);
  out.push(head(bytes.length, [0xa0, 31], [0xd9, 0xda, 0xdb]), bytes);
}

/** @param fix first byte and largest size of the form in one byte  @param marks of sizes in 1, 2 and 4 bytes */
function head(size: number, [fix = 0, max = -1]: readonly number[], [one, two = 0, four = 0]: readonly (number | undefined)[]): Buffer {
  if (size <= max) return Buffer.of(fix | size);
  if (one !== undefined && size < 0x100) return Buffer.of(one, size);
  const wide = size >= 0x1_0000;
  const out = Buffer.alloc(wide ? 5 : 3);
  out[0] = wide ? four : two;
  if (wide) out.writeUInt32BE(size, 1);
  else out.writeUInt16BE(size, 1);
  return out;
}

function float(v: number): Buffer {
  const out = Buffer.alloc(9);
  out[0] = 0xcb;
  out.writeDoubleBE(v, 1);
  return out;
}

function wholeNumber(v: bigint): Buffer {
  if (v >= 0n && v < 128n) return Buffer.of(Number(v));
  if (v < 0n && v >= -32n) return Buffer.of(256 + Number(v));
  const out = Buffer.alloc(9);
  // what a reader of 64 bits understands, and each reader must
  out[0] = v < 0n ? 0xd3 : 0xcf;
  if (v < 0n) out.writeBigInt64BE(v, 1);
  else out.writeBigUInt64BE(v, 1);
  return out;
}

// --------------------------------------------------------------------------------------------------------------------------- decoding

/** More bytes are needed. */
export class Incomplete extends Error {}

/** @returns the value that begins at `at`, and where it ends  @throws Incomplete; Error for what is no MessagePack */
export function decodeMsgpack(bytes: Buffer, at = 0): { value: Value; end: number } {
  let pos = at;
  const need = (n: number): number => {
    const from = pos;
    if (from + n > bytes.length) throw new Incomplete();
    pos += n;
    return from;
  };
  const str = (n: number) => bytes.toString('utf8', need(n), pos);
  const bin = (n: number) => new Uint8Array(bytes.subarray(need(n), pos));
  const u8 = () => bytes.readUInt8(need(1));
  const u16 = () => bytes.readUInt16BE(need(2));
  const u32 = () => bytes.readUInt32BE(need(4));
  /** Each element has one byte at least: a size that cannot be is found at once. */
  const enough = (n: number): number => {
    if (n > bytes.length - pos) throw new Incomplete();
    return n;
  };
  const list = (n: number, depth: number): Value => {
    const out: Value[] = [];
    for (let i = enough(n); i > 0; i--) out.push(read(depth + 1));
    return out;
  };
  const map = (n: number, depth: number): Value => {
    const out: Row = {};
    for (let i = enough(n); i > 0; i--) {
      const key = read(depth + 1);
      setMember(
        out,
        typeof key === 'string' ? key : key instanceof Uint8Array ? Buffer.from(key).toString() : String(key),
        read(depth + 1),
      );
    }
    return out;
  };
  const read = (depth: number): Value => {
    if (depth > MAX_DEPTH) throw new Error(`the answer is nested more than ${MAX_DEPTH} deep`);
    const mark = u8();
    if (mark < 0x80) return BigInt(mark);
    if (mark < 0x90) return map(mark & 15, depth);
    if (mark < 0xa0) return list(mark & 15, depth);
    if (mark < 0xc0) return str(mark & 31);
    if (mark >= 0xe0) return BigInt(mark - 256);
    switch (mark) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return bin(u8());
      case 0xc5:
        return bin(u16());
      case 0xc6:
        return bin(u32());
      case 0xca:
        return bytes.readFloatBE(need(4));
      case 0xcb:
        return bytes.readDoubleBE(need(8));
      case 0xcc:
        return BigInt(u8());
      case 0xcd:
        return BigInt(u16());
      case 0xce:
        return BigInt(u32());
      case 0xcf:
        return BigInt.asIntN(64, bytes.readBigUInt64BE(need(8)));
      case 0xd0:
        return BigInt(bytes.readInt8(need(1)));
      case 0xd1:
        return BigInt(bytes.readInt16BE(need(2)));
      case 0xd2:
        return BigInt(bytes.readInt32BE(need(4)));
      case 0xd3:
        return bytes.readBigInt64BE(need(8));
      case 0xd9:
        return str(u8());
      case 0xda:
        return str(u16());
      case 0xdb:
        return str(u32());
      case 0xdc:
        return list(u16(), depth);
      case 0xdd:
        return list(u32(), depth);
      case 0xde:
        return map(u16(), depth);
      case 0xdf:
        return map(u32(), depth);
    }
    throw new Error(`the answer holds 0x${mark.toString(16)}, which is not a value`);
  };
  const value = read(0);
  return { value, end: pos };
}
