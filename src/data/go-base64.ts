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

export function encodeBase64(bytes: Uint8Array): string {
  if (bytes.length > 1024) reserveText((bytes.length * 4) / 3);
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('base64');
}
