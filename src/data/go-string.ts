// Go's strings are bytes: bytes that are no UTF-8 survive as text and come out again as they were. Here such a byte 0xNN becomes the lone surrogate
// U+DCNN (as Python's surrogateescape); JSON output writes it as the replacement character, as Go does.
import { isUtf8 } from 'node:buffer';

const ESCAPE = 0xdc00;

/** Bytes → text. */
export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let out = '';
  for (let i = 0; i < buffer.length; ) {
    let n = Math.min(4, buffer.length - i);
    while (n > 1 && !isUtf8(buffer.subarray(i, i + n))) n--;
    const part = buffer.subarray(i, i + n);
    out += isUtf8(part) ? part.toString('utf8') : String.fromCharCode(ESCAPE + buffer[i]!);
    i += n;
  }
  return out;
}

/** Text → bytes. */
export function bytesOfText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  for (const c of text) {
    const code = c.codePointAt(0)!;
    parts.push(code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff ? Buffer.from([code - ESCAPE]) : Buffer.from(c, 'utf8'));
  }
  return Buffer.concat(parts);
}
