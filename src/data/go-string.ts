// Go's strings are bytes: bytes that are not UTF-8 survive as text and come out again as they were. Here such a byte 0xNN becomes the lone surrogate
// U+DCNN (as Python's surrogateescape); JSON output writes it as the replacement character, as Go does.
import { isUtf8 } from 'node:buffer';
import { reserveText, spend } from '../base/budget.ts';

const ESCAPE = 0xdc00;

/** Bytes → text. */
export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length > 256) reserveText(buffer.length);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let out = '';
  let from = 0;
  spend(buffer.length);
  for (let i = 0; i < buffer.length; ) {
    const n = characterAt(buffer, i);
    if (n > 0) {
      i += n;
      continue;
    }
    out += buffer.toString('utf8', from, i) + String.fromCharCode(ESCAPE + buffer[i]!);
    from = ++i;
  }
  return out + buffer.toString('utf8', from);
}

/** Bytes of the UTF-8 character that begins at i; 0 when none does. */
function characterAt(b: Uint8Array, i: number): number {
  const first = b[i]!;
  if (first < 0x80) return 1;
  const second = b[i + 1];
  if (second === undefined || (second & 0xc0) !== 0x80) return 0;
  if (first >= 0xc2 && first < 0xe0) return 2;
  const third = b[i + 2];
  if (third === undefined || (third & 0xc0) !== 0x80) return 0;
  if (first >= 0xe0 && first < 0xf0) {
    // overlong forms and surrogates
    if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second >= 0xa0)) return 0;
    return 3;
  }
  const fourth = b[i + 3];
  if (first < 0xf0 || first > 0xf4 || fourth === undefined || (fourth & 0xc0) !== 0x80) return 0;
  return (first === 0xf0 && second < 0x90) || (first === 0xf4 && second >= 0x90) ? 0 : 4;
}

/** Text → bytes. */
export function bytesOfText(text: string): Buffer {
  if (text.length > 256) reserveText(text.length);
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  spend(text.length * 4);
  const parts: Buffer[] = [];
  for (const c of text) {
    const code = c.codePointAt(0)!;
    parts.push(code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff ? Buffer.from([code - ESCAPE]) : Buffer.from(c, 'utf8'));
  }
  return Buffer.concat(parts);
}
