// Checksums of what is stored, so that a changed byte is noticed and not taken. Not against attackers: against cards and cables.
// Used by src/store and config/last-good.ts.
import { nodeZlib } from './node-builtins.ts';

/** 64 bits over the characters of a text, as 16 hex digits: two lanes of 32 bits in which a single changed character always shows. In our own
 *  words, since node:crypto costs 6 MB of memory at each start. */
export function textSum(text: string): string {
  let a = 0x9e3779b9 ^ text.length;
  let b = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ c, 0x5bd1e995);
    b ^= b >>> 13;
  }
  return hex(mixed(a)) + hex(mixed(b ^ Math.imul(a, 0x2545f491)));
}

/** CRC-32 of bytes: states and queued rows may be large. */
export const bytesSum = (bytes: Uint8Array): number => nodeZlib().crc32(bytes);

const mixed = (x: number): number => {
  let h = x;
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
};
const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
