// The messages of an SML file: typed fields (octets, Boolean, integers, lists), of which the list of values (GetList.Res) becomes a row. Called by sml.ts.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row } from '../../../data/value.ts';
import { Columns, columnOf, scaled, unitOf } from './obis.ts';

/** A field: octets, a whole number, a Boolean, a list; undefined: an optional one that is not there. */
type Field = Uint8Array | bigint | boolean | Field[] | undefined;

const MAX_DEPTH = 12;
const GET_LIST_RES = 0x0701n;

const wrong = (what: string) => rowError(`not an SML message: ${what}`, 'DECODE_FAILED');

class Reader {
  private at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  private byte(): number {
    const b = this.bytes[this.at++];
    if (b === undefined) throw wrong('it ends in a field');
    return b;
  }

  /** A zero between messages and at their end. */
  skipZeros(): void {
    while (this.bytes[this.at] === 0) this.at++;
  }

  field(depth = 0): Field {
    const start = this.at;
    let tl = this.byte();
    // the end of a message, within a list
    if (tl === 0) return undefined;
    const type = (tl >> 4) & 7;
    let length = tl & 15;
    while (tl & 0x80) {
      tl = this.byte();
      length = length * 16 + (tl & 15);
    }
    if (type === 7) {
      if (depth >= MAX_DEPTH || length > 1000) throw wrong('lists lie too deep or are too long');
      return Array.from({ length }, () => this.field(depth + 1));
    }
    // the length takes in the bytes that say it
    const size = length - (this.at - start);
    if (size < 0 || this.at + size > this.bytes.length) throw wrong('a field is longer than the message');
    const data = this.bytes.subarray(this.at, this.at + size);
    this.at += size;
    if (type === 0) return size === 0 ? undefined : data;
    if (type === 4 && size === 1) return data[0] !== 0;
    if ((type === 5 || type === 6) && size >= 1 && size <= 8) {
      const value = data.reduce((v, b) => (v << 8n) | BigInt(b), 0n);
      return type === 5 ? BigInt.asIntN(size * 8, value) : value;
    }
    throw wrong(`field of type ${type} with ${size} bytes`);
  }
}

const isNumber = (f: Field): f is bigint => typeof f === 'bigint';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** @returns the values of all lists of the file; undefined when it holds none (the opening of a meter that says nothing)
 *  @throws rowError for a file that is broken inside */
export function readSml(frame: Uint8Array): Row | undefined {
  const reader = new Reader(frame);
  const columns = new Columns();
  let lists = 0;
  for (reader.skipZeros(); !reader.done; reader.skipZeros()) {
    const message = reader.field();
    if (!Array.isArray(message) || message.length < 5) throw wrong('a message has other fields');
    const body = message[3];
    if (!Array.isArray(body) || body.length !== 2) throw wrong('a message has another body');
    if (body[0] !== GET_LIST_RES) continue;
    const list = body[1];
    if (!Array.isArray(list) || list.length !== 7 || !Array.isArray(list[4])) throw wrong('a list of values has other fields');
    lists++;
    if (list[1] instanceof Uint8Array) columns.set('meter', hex(list[1]));
    for (const entry of list[4]) readEntry(entry, columns);
  }
  return lists === 0 ? undefined : columns.done();
}

function readEntry(entry: Field, columns: Columns): void {
  if (!Array.isArray(entry) || entry.length !== 7) throw wrong('a value has other fields');
  const [name, , , unit, scaler, value] = entry;
  if (!(name instanceof Uint8Array) || name.length !== 6) throw wrong('a value has no OBIS code');
  const [medium, channel, c, d, e, period] = name as unknown as [number, number, number, number, number, number];
  const base = medium === 1 && channel === 0 ? columnOf(`${c}.${d}.${e}`) : `obis_${medium}_${channel}_${c}_${d}_${e}`;
  const column = period === 255 ? base : `${base}_period_${period}`;
  if (isNumber(value)) {
    // beyond SQL's whole numbers: nothing is better than a wrong one
    if (BigInt.asIntN(64, value) !== value) return columns.set(column, null);
    const exponent = isNumber(scaler) ? Number(scaler) : 0;
    return columns.set(column, scaled(value, exponent), isNumber(unit) ? unitOf(Number(unit)) : undefined);
  }
  if (typeof value === 'boolean') return columns.set(column, value);
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString('latin1');
    return columns.set(column, /^[\x20-\x7e]+$/.test(text) ? text : hex(value));
  }
  columns.set(column, null);
}
