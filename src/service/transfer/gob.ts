// Reads what Go's encoding/gob writes, as far as eKuiper's store uses it: texts, maps of names to values of any kind, and structures of texts and flags.
// The format: messages of a length and a body; a body begins with a type id, negative for the definition of a type; numbers are one byte below 128, else
// the negated count of bytes and the bytes; floats are their bits in reverse byte order. Used by read-ekuiper-store.ts.

export type GobValue = string | number | bigint | boolean | null | Uint8Array | GobValue[] | { [name: string]: GobValue };

interface WireType {
  kind: 'array' | 'slice' | 'struct' | 'map';
  elem?: number;
  key?: number;
  fields?: { name: string; id: number }[];
}

const BOOL = 1;
const INT = 2;
const UINT = 3;
const FLOAT = 4;
const BYTES = 5;
const STRING = 6;
const COMPLEX = 7;
const INTERFACE = 8;
const MAX_DEPTH = 100;

/** @throws Error when it is not gob, or more than is known here */
export function decodeGob(bytes: Uint8Array): GobValue {
  const reader = new GobReader(bytes);
  const types = new Map<number, WireType>();
  while (!reader.atEnd) {
    const value = message(reader, types);
    if (value !== undefined) return value;
  }
  throw new Error('it ends before a value');
}

/** One message. @returns undefined when it defines a type */
function message(reader: GobReader, types: Map<number, WireType>): GobValue | undefined {
  reader.uint(); // its length: what is read says the same
  const id = reader.int();
  if (id < 0) {
    types.set(-id, wireType(reader));
    return undefined;
  }
  // what is no structure stands behind a zero
  if (types.get(id)?.kind !== 'struct') reader.zero();
  return value(reader, id, types, 0);
}

class GobReader {
  private at = 0;
  private readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }
  take(n: number): Uint8Array {
    if (n < 0 || this.at + n > this.bytes.length) throw new Error('it is cut');
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
  big(): bigint {
    const first = this.take(1)[0]!;
    if (first < 128) return BigInt(first);
    const count = 256 - first;
    if (count > 8) throw new Error('a number is longer than 8 bytes');
    let n = 0n;
    for (const b of this.take(count)) n = (n << 8n) | BigInt(b);
    return n;
  }
  uint(): number {
    const n = this.big();
    if (n > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('a length is out of range');
    return Number(n);
  }
  bigInt(): bigint {
    const n = this.big();
    return n & 1n ? ~(n >> 1n) : n >> 1n;
  }
  zero(): void {
    if (this.uint() !== 0) throw new Error('a zero is missing before a value');
  }
  int(): number {
    return Number(this.bigInt());
  }
  text(): string {
    return new TextDecoder('utf-8', { fatal: true }).decode(this.take(this.uint()));
  }
  float(): number {
    let bits = this.big();
    const view = new DataView(new ArrayBuffer(8));
    // the bytes stand the other way round, so that small numbers are short
    for (let i = 0; i < 8; i++) {
      view.setUint8(i, Number(bits & 0xffn));
      bits >>= 8n;
    }
    return view.getFloat64(0);
  }
}

/** Fields of a structure: each is preceded by how far it lies after the one before; 0 ends it. */
function fields(reader: GobReader, read: (field: number) => void): void {
  let field = -1;
  for (;;) {
    const step = reader.uint();
    if (step === 0) return;
    field += step;
    read(field);
  }
}

/** The structures that describe types, whose own types everybody knows. */
function wireType(reader: GobReader): WireType {
  const out: WireType = { kind: 'struct' };
  const common = () => fields(reader, (f) => (f === 0 ? void reader.text() : void reader.int()));
  fields(reader, (which) => {
    const kinds = ['array', 'slice', 'struct', 'map'] as const;
    const kind = kinds[which];
    if (!kind) throw new Error('a type has its own encoding');
    out.kind = kind;
    fields(reader, (f) => {
      if (f === 0) common();
      else if (kind === 'struct') {
        const count = reader.uint();
        out.fields = [];
        for (let i = 0; i < count; i++) {
          const field = { name: '', id: 0 };
          fields(reader, (g) => {
            if (g === 0) field.name = reader.text();
            else field.id = reader.int();
          });
          out.fields.push(field);
        }
      } else if (kind === 'map' && f === 1) out.key = reader.int();
      else if (f === 1 || kind === 'map') out.elem = reader.int();
      else reader.int();
    });
  });
  return out;
}

function value(reader: GobReader, id: number, types: Map<number, WireType>, depth: number): GobValue {
  if (depth > MAX_DEPTH) throw new Error('it is nested too deep');
  switch (id) {
    case BOOL:
      return reader.uint() !== 0;
    case INT:
      return small(reader.bigInt());
    case UINT:
      return small(reader.big());
    case FLOAT:
      return reader.float();
    case BYTES:
      return reader.take(reader.uint());
    case STRING:
      return reader.text();
    case INTERFACE:
      return anyValue(reader, types, depth);
    case COMPLEX:
      throw new Error('a complex number is no property');
    default:
      return compound(reader, id, types, depth);
  }
}

/** The name of the type, the definitions that are new, its id, a length, a zero where it is no structure, and the value. */
function anyValue(reader: GobReader, types: Map<number, WireType>, depth: number): GobValue {
  if (reader.text() === '') return null;
  let id = reader.int();
  while (id < 0) {
    types.set(-id, wireType(reader));
    reader.uint();
    id = reader.int();
  }
  reader.uint();
  if (types.get(id)?.kind !== 'struct') reader.zero();
  return value(reader, id, types, depth + 1);
}

function compound(reader: GobReader, id: number, types: Map<number, WireType>, depth: number): GobValue {
  const type = types.get(id);
  // []interface{} has a number of its own only when it was defined
  if (!type) throw new Error(`the type ${id} is not known`);
  if (type.kind === 'struct') {
    const out: { [name: string]: GobValue } = {};
    fields(reader, (f) => {
      const field = type.fields?.[f];
      if (!field) throw new Error('a structure has a field that its type has not');
      out[field.name] = value(reader, field.id, types, depth + 1);
    });
    return out;
  }
  const count = reader.uint();
  if (type.kind === 'map') {
    const entries: [string, GobValue][] = [];
    for (let i = 0; i < count; i++) {
      const key = value(reader, type.key!, types, depth + 1);
      entries.push([String(key), value(reader, type.elem!, types, depth + 1)]);
    }
    return Object.fromEntries(entries);
  }
  const list: GobValue[] = [];
  for (let i = 0; i < count; i++) list.push(value(reader, type.elem!, types, depth + 1));
  return list;
}

const small = (n: bigint): number | bigint => (Number.isSafeInteger(Number(n)) ? Number(n) : n);
