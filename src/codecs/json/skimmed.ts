// Rows of a stream with declared fields, read from the bytes of large messages without parsing what no rule reads. Used by decode.ts; where
// the members stand: skim.ts.
import type { FieldDef } from '../../contract/schema.ts';
import { markBad } from '../../data/bad-fields.ts';
import type { Row } from '../../data/value.ts';
import { compileType, define, hasBigint } from './declared.ts';
import { NumberText, parseWithTexts, trickyNumber } from './numbers.ts';
import { createSkimmer } from './skim.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
/** Whole numbers of so many characters are exact in a float. */
const MAX_PLAIN = 15;

/** A value that does not fit its column costs those who read it. @returns undefined for what JSON.parse has to look at */
export type ReadRow = (payload: Uint8Array) => Row | undefined;

/** @param fields with names of their own */
export function createRowReader(fields: readonly FieldDef[]): ReadRow {
  const names = fields.map((f) => f.name);
  const converts = fields.map((f) => compileType(f.type));
  const whole = fields.map((f) => hasBigint(f.type));
  const skimmer = createSkimmer(names);
  return (payload) => {
    const spans = skimmer.skim(payload);
    if (spans === undefined) return undefined;
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const row: Row = {};
    for (let i = 0; i < names.length; i++) {
      const start = spans[2 * i]!;
      if (start < 0) continue;
      const name = names[i]!;
      const value = valueAt(bytes, start, spans[2 * i + 1]!, whole[i]!);
      try {
        define(row, name, value === null ? null : converts[i]!(value, name));
      } catch (error) {
        markBad(row, name, error, true);
      }
    }
    return row;
  };
}

/** @param texts numbers that a float would change keep their text */
function valueAt(bytes: Buffer, start: number, end: number, texts: boolean): unknown {
  switch (bytes[start]) {
    case QUOTE: {
      for (let at = start + 1; at < end - 1; at++) if (bytes[at] === BACKSLASH) return JSON.parse(bytes.toString('utf8', start, end));
      return bytes.toString('utf8', start + 1, end - 1);
    }
    case 0x74: // true
      return true;
    case 0x66: // false
      return false;
    case 0x6e: // null
      return null;
    case 0x5b: // [
    case 0x7b: {
      const text = bytes.toString('utf8', start, end);
      return texts && trickyNumber.test(text) ? parseWithTexts(text) : JSON.parse(text);
    }
    default:
      return numberAt(bytes, start, end, texts);
  }
}

function numberAt(bytes: Buffer, start: number, end: number, texts: boolean): number | NumberText {
  if (end - start <= MAX_PLAIN) {
    const minus = bytes[start] === MINUS;
    let n = 0;
    let at = minus ? start + 1 : start;
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      n = 10 * n + digit;
    }
    if (at === end) return minus ? -n : n;
  }
  const text = bytes.toString('latin1', start, end);
  return texts ? new NumberText(text, Number(text)) : Number(text);
}
