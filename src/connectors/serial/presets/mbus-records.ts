// The variable data of an M-Bus answer: records with data and value information become columns. A value whose information is not fully known
// gets a name that says so, never a unit. Called by mbus.ts.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Value } from '../../../data/value.ts';
import { firstFb, primary, type Quantity, secondFd } from './mbus-vif.ts';
import { type Columns, scaled } from './obis.ts';

const FUNCTIONS = ['', '_max', '_min', '_error'];
/** Bytes by the code of a data field; real and variable length apart. */
const SIZES: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 6, 7: 8, 8: 0, 9: 1, 10: 2, 11: 3, 12: 4, 14: 6 };

const short = () => rowError('a record ends before its value', 'DECODE_FAILED');

/** Reads the records. @returns more: the meter has more records for the next request  @throws rowError when they are broken */
export function readRecords(data: Uint8Array, out: Columns): { more: boolean } {
  let at = 0;
  const byte = (): number => {
    const b = data[at++];
    if (b === undefined) throw short();
    return b;
  };
  const chain = (first: number): number[] => {
    const list: number[] = [];
    for (let b = first; b & 0x80; ) {
      if (list.length >= 10) throw rowError('a record with too many extensions', 'DECODE_FAILED');
      b = byte();
      list.push(b);
    }
    return list;
  };
  while (at < data.length) {
    const dif = byte();
    // filler; manufacturer's own data up to the end
    if (dif === 0x2f) continue;
    if (dif === 0x0f || dif === 0x1f) return { more: dif === 0x1f };
    if ((dif & 0x0f) === 0x0f) throw rowError(`a record of an unknown kind (${dif})`, 'DECODE_FAILED');
    const difes = chain(dif);
    let storage = (dif >> 6) & 1;
    let tariff = 0;
    let subunit = 0;
    difes.forEach((d, i) => {
      storage += (d & 15) * 2 ** (1 + 4 * i);
      tariff += ((d >> 4) & 3) * 4 ** i;
      subunit += ((d >> 6) & 1) * 2 ** i;
    });
    const vif = byte();
    const vifes = chain(vif);
    let quantity: Quantity | undefined;
    let rest = vifes;
    if ((vif & 0x7f) === 0x7c || (vif & 0x7f) === 0x7e) {
      // a unit in plain text, behind the information
      if ((vif & 0x7f) === 0x7c) {
        const length = byte();
        if (at + length > data.length) throw short();
        const text = Buffer.from(data.subarray(at, at + length))
          .reverse()
          .toString('latin1');
        at += length;
        quantity = { name: 'value', exponent: 0, ...(/^[\x20-\x7e]+$/.test(text) ? { unit: text } : {}) };
      }
    } else if (vif === 0xfb || vif === 0xfd) {
      const next = (vifes[0] ?? 0) & 0x7f;
      quantity = vif === 0xfb ? firstFb(next) : secondFd(next);
      rest = vifes.slice(1);
    } else quantity = primary(vif & 0x7f);
    const code = dif & 15;
    const { bytes, value } = readValue(data, at, code, quantity);
    at += bytes;
    if (code === 8) continue; // a request, no value
    const where = `${FUNCTIONS[(dif >> 4) & 3]}${storage ? `_s${storage}` : ''}${tariff ? `_t${tariff}` : ''}${subunit ? `_u${subunit}` : ''}`;
    // what an extension says may change the value: it is not called by the plain name then
    const { suffix, exponent, known } = extensions(rest);
    const hexOf = (b: number) => b.toString(16).padStart(2, '0');
    const name = quantity ? `${quantity.name}${where}${suffix}` : `vif_${[vif, ...vifes].map(hexOf).join('')}${where}`;
    const plain = quantity && known ? quantity.exponent + exponent : 0;
    out.set(
      name,
      typeof value === 'bigint' ? scaled(value, plain) : typeof value === 'number' && plain !== 0 ? value * 10 ** plain : value,
      known ? quantity?.unit : undefined,
    );
  }
  return { more: false };
}

function extensions(vifes: readonly number[]): { suffix: string; exponent: number; known: boolean } {
  let suffix = '';
  let exponent = 0;
  let known = true;
  for (const v of vifes) {
    const e = v & 0x7f;
    if (e >= 0x70 && e <= 0x77) exponent += (e & 7) - 6;
    else if (e === 0x7d) exponent += 3;
    else if (e === 0x3b) suffix += '_forward';
    else if (e === 0x3c) suffix += '_backward';
    else {
      suffix += `_vife_${e.toString(16).padStart(2, '0')}`;
      known = false;
    }
  }
  return { suffix, exponent, known };
}

function readValue(data: Uint8Array, at: number, code: number, quantity: Quantity | undefined): { bytes: number; value: Value } {
  const view = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (code === 13) return variable(view, at);
  const bytes = SIZES[code];
  if (bytes === undefined) throw rowError(`a data field of kind ${code}`, 'DECODE_FAILED');
  if (at + bytes > data.length) throw short();
  if (bytes === 0) return { bytes, value: null };
  if (code >= 9)
    return { bytes, value: quantity?.kind === 'text' ? bcdText(view.subarray(at, at + bytes)) : bcd(view.subarray(at, at + bytes)) };
  if (code === 5) {
    const value = view.readFloatLE(at);
    return { bytes, value: Number.isFinite(value) ? Number(value.toPrecision(7)) : null };
  }
  if (quantity?.kind === 'date' && bytes === 2) return { bytes, value: dateG(view.readUInt16LE(at)) };
  if (quantity?.kind === 'datetime' && bytes === 4) return { bytes, value: dateTimeF(view.subarray(at, at + 4)) };
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(view[at + i]!);
  return { bytes, value: quantity?.kind ? value : BigInt.asIntN(bytes * 8, value) };
}

function variable(view: Buffer, at: number): { bytes: number; value: Value } {
  const length = view[at];
  if (length === undefined) throw short();
  const size =
    length < 0xc0
      ? length
      : length <= 0xc9
        ? length - 0xc0
        : length >= 0xd0 && length <= 0xd9
          ? length - 0xd0
          : length >= 0xe0 && length <= 0xef
            ? length - 0xe0
            : -1;
  if (size < 0 || at + 1 + size > view.length) throw short();
  const part = view.subarray(at + 1, at + 1 + size);
  const bytes = size + 1;
  if (length < 0xc0) return { bytes, value: Buffer.from(part).reverse().toString('latin1') };
  if (length < 0xe0) {
    const digits = bcd(part);
    return { bytes, value: digits !== null && length >= 0xd0 ? -(digits as bigint) : digits };
  }
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(part[i]!);
  return { bytes, value: size <= 8 ? BigInt.asIntN(Math.max(8, size * 8), value) : null };
}

const bcdText = (part: Uint8Array): string => Buffer.from(part).reverse().toString('hex');

/** Digits, the lowest first; an F in the highest place is a minus. Other letters are no number: null. */
function bcd(part: Uint8Array): Value {
  const text = bcdText(part);
  if (/^f\d+$/.test(text)) return -BigInt(text.slice(1));
  return /^\d+$/.test(text) ? BigInt(text) : null;
}

const two = (n: number) => String(n).padStart(2, '0');
function dateOf(low: number, high: number): string | null {
  const day = low & 31;
  const month = high & 15;
  const year = ((low & 0xe0) >> 5) | ((high & 0xf0) >> 1);
  return day >= 1 && month >= 1 && month <= 12 ? `${year > 80 ? 1900 + year : 2000 + year}-${two(month)}-${two(day)}` : null;
}
const dateG = (v: number): Value => dateOf(v & 0xff, v >> 8);
function dateTimeF(b: Uint8Array): Value {
  const [minute = 0, hour = 0, low = 0, high = 0] = b;
  const date = dateOf(low, high);
  // bit 7: the clock is not valid
  if (minute & 0x80 || date === null || (minute & 63) > 59 || (hour & 31) > 23) return null;
  return `${date}T${two(hour & 31)}:${two(minute & 63)}`;
}
