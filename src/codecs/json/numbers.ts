// Numbers of JSON where their text matters: which of them are whole, and int64 beyond what a float holds. Used by decode.ts, declared.ts, skimmed.ts.
import { rowError } from '../../base/errors/gateway-error.ts';

/** A number that JSON.parse would change or make indistinguishable: exponent, fraction, or 16 and more digits. */
export const trickyNumber = /\d[eE]|\d\.\d|\d{16}/;
const wholeNumber = /^-?\d+$/;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** A JSON number with its text, where the text matters. */
export class NumberText {
  readonly text: string;
  readonly value: number;
  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }
}

export const decodeError = (text: string) => rowError(text, 'DECODE_FAILED');

/** JSON.parse that keeps the text of each number. @throws SyntaxError */
export function parseWithTexts(text: string): unknown {
  return JSON.parse(text, ((_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' ? new NumberText(context.source!, value) : value) as (key: string, value: unknown) => unknown);
}

export function int64(text: string, value: number, fail: () => Error): bigint {
  if (!wholeNumber.test(text)) throw fail();
  // longer ones do not fit, and would take long
  if (text.length > 20) throw fail();
  const v = Number.isSafeInteger(value) ? BigInt(value) : BigInt(text);
  if (v < MIN_INT64 || v > MAX_INT64) throw fail();
  return v;
}
