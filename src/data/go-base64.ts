// Standard base64 with padding, as strict as Go's base64.StdEncoding (Node's decoder takes anything). Used for BYTEA and decode().

import { reserveText, spendText } from '../base/budget.ts';

/** With a length that is a multiple of four. No group is repeated: the engine would keep a place to go back to for each of a million. */
const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/;

/** @returns undefined when the text is not padded standard base64; line breaks inside are ignored, as Go does */
export function decodeBase64(text: string): Uint8Array | undefined {
  spendText(text.length * 2);
  const compact = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  return compact.length % 4 === 0 && STANDARD.test(compact) ? Buffer.from(compact, 'base64') : undefined;
}

/** Readings are short: up to here the digits are put together faster than the platform is asked. */
const SHORT_BYTES = 9;
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Of 12 bits; made when it is asked for. */
let pairs: readonly string[] | undefined;

export function encodeBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  if (length <= SHORT_BYTES) return short(bytes, (pairs ??= Array.from({ length: 4096 }, (_, i) => `${digits[i >> 6]}${digits[i & 63]}`)));
  if (length > 1024) reserveText((length * 4) / 3);
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, length);
  return buffer.toString('base64');
}

function short(bytes: Uint8Array, two: readonly string[]): string {
  const whole = bytes.length - (bytes.length % 3);
  let out = '';
  for (let i = 0; i < whole; i += 3) {
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += `${two[bits >> 12]}${two[bits & 4095]}`;
  }
  if (bytes.length - whole === 1) return `${out}${two[(bytes[whole] ?? 0) << 4]}==`;
  if (bytes.length - whole === 0) return out;
  const bits = ((bytes[whole] ?? 0) << 10) | ((bytes[whole + 1] ?? 0) << 2);
  return `${out}${two[bits >> 6]}${digits[bits & 63]}=`;
}
