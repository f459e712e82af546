// The bytes that a function of this folder reads: BYTEA, or text as base64 (LoRa payloads). Places and orders of bytes. Not a function itself.
import { rowError } from '../../../base/errors/gateway-error.ts';
import { decodeBase64 } from '../../../data/go-base64.ts';
import { describe } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

/** @throws rowError for anything but bytes and base64 text */
export function bytesArg(v: Value): Uint8Array {
  if (v instanceof Uint8Array) return v;
  const decoded = typeof v === 'string' ? decodeBase64(v) : undefined;
  if (!decoded) throw rowError(`bytes or base64 text expected, but found ${describe(v)}; unhex() reads hex text`);
  return decoded;
}

/** @throws rowError for what is no whole number */
export function wholeArg(v: Value, what: string): number {
  const n = typeof v === 'bigint' ? Number(v) : v;
  if (typeof n !== 'number' || !Number.isSafeInteger(n)) throw rowError(`${what} must be a whole number, but is ${describe(v)}`);
  return n;
}

/** Byte orders of Modbus and friends: `be` ABCD, `le` DCBA, `mixed-be` BADC (bytes of each word swapped), `mixed-le` CDAB (words swapped). */
export const orders = ['be', 'le', 'mixed-be', 'mixed-le'] as const;
export type ByteOrder = (typeof orders)[number];

export function orderArg(v: Value): ByteOrder {
  const order = v == null ? 'be' : typeof v === 'string' ? v.toLowerCase() : '';
  if (!(orders as readonly string[]).includes(order))
    throw rowError(`the byte order must be one of ${orders.join(', ')}, but is ${describe(v)}`);
  return order as ByteOrder;
}

/** `size` bytes from `at` in big-endian order; undefined when the bytes are too few. @param at counts from 0, from the end when negative */
export function readBigEndian(bytes: Uint8Array, at: number, size: number, order: ByteOrder): Uint8Array | undefined {
  const from = at < 0 ? at + bytes.length : at;
  if (from < 0 || from + size > bytes.length) return undefined;
  const part = bytes.slice(from, from + size);
  if (order === 'le') return part.reverse();
  if (order !== 'be' && size % 2 === 1) throw rowError(`byte order ${order} is of words: it needs an even number of bytes, not ${size}`);
  if (order === 'mixed-be') for (let i = 0; i < size; i += 2) [part[i], part[i + 1]] = [part[i + 1]!, part[i]!];
  if (order === 'mixed-le') {
    const words = Array.from({ length: size / 2 }, (_, i) => part.slice(i * 2, i * 2 + 2)).reverse();
    for (const [i, word] of words.entries()) part.set(word, i * 2);
  }
  return part;
}

export function unsignedOf(bytes: Uint8Array): bigint {
  let n = 0n;
  for (const b of bytes) n = (n << 8n) | BigInt(b);
  return n;
}
