// Rows as an object container file of Avro: flat records whose fields may all be null, deflated in blocks. @source Avro 1.12, object container files,
// binary encoding. A test reads the files with package avsc. Used by encode.ts.
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { Column, ColumnType } from './columns.ts';

const BLOCK_BYTES = 256 * 1024;

const avroTypes: Readonly<Record<ColumnType, unknown>> = {
  boolean: 'boolean',
  int64: 'long',
  double: 'double',
  string: 'string',
  bytes: 'bytes',
  timestamp: { type: 'long', logicalType: 'timestamp-millis' },
  json: 'string',
};

export function avroOf(columns: readonly Column[], rows: number): Uint8Array {
  const fields = columns.map(({ name, type }) => ({ name, type: ['null', avroTypes[type]], default: null }));
  const schema = JSON.stringify({ type: 'record', name: 'Row', fields });
  // any 16 bytes that are unlikely in the data
  const sync = createHash('md5').update(schema).update(String(rows)).digest();
  const out: Uint8Array[] = [
    Buffer.from('Obj\u0001', 'latin1'),
    long(2n),
    text('avro.schema'),
    text(schema),
    text('avro.codec'),
    text('deflate'),
    long(0n),
    sync,
  ];
  let block: Uint8Array[] = [];
  let bytes = 0;
  let count = 0;
  const flush = () => {
    const packed = deflateRawSync(Buffer.concat(block));
    out.push(long(BigInt(count)), long(BigInt(packed.length)), packed, sync);
    block = [];
    bytes = 0;
    count = 0;
  };
  for (let r = 0; r < rows; r++) {
    for (const { type, values } of columns) {
      const value = values[r] ?? null;
      const part = value === null ? NULL : cell(type, value);
      block.push(part);
      bytes += part.length;
    }
    count++;
    if (bytes >= BLOCK_BYTES) flush();
  }
  if (count > 0) flush();
  return Buffer.concat(out);
}

/** Branches of the union: 0 null, 1 the value. */
const NULL = Buffer.from([0]);
const VALUE = Buffer.from([2]);

function cell(type: ColumnType, value: NonNullable<Column['values'][number]>): Uint8Array {
  switch (type) {
    case 'boolean':
      return Buffer.from([2, value ? 1 : 0]);
    case 'int64':
      return Buffer.concat([VALUE, long(value as bigint)]);
    case 'timestamp':
      return Buffer.concat([VALUE, long(BigInt(value as number))]);
    case 'double': {
      const out = Buffer.alloc(9);
      out[0] = 2;
      out.writeDoubleLE(value as number, 1);
      return out;
    }
    case 'bytes':
      return Buffer.concat([VALUE, long(BigInt((value as Uint8Array).length)), value as Uint8Array]);
    default:
      return Buffer.concat([VALUE, text(value as string)]);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([long(BigInt(bytes.length)), bytes]);
}

/** Zigzag, then seven bits a byte, the lowest first. */
function long(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const out: number[] = [];
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}
