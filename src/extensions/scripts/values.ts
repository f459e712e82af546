// Values at the border to a script: whole numbers are numbers (bigint beyond 2^53), moments are Date, bytes are ArrayBuffer at the top and base64
// inside of objects, which cross as JSON. Back, a whole number is an int64, as in eKuiper. Used by instance.ts.
import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten-core';
import { rowError } from '../../base/errors/gateway-error.ts';
import { DateTime } from '../../data/datetime.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { setMember } from '../../data/set-member.ts';
import type { Row, Value } from '../../data/value.ts';
import { isDateTime } from '../../data/value.ts';

/** What of the script's own world is used to carry values. */
export interface Bridge {
  /** (JSON text) → value */
  readonly parse: QuickJSHandle;
  /** (object) → a letter for what it is, and its content as text. */
  readonly look: QuickJSHandle;
  /** (epoch ms) → Date */
  readonly date: QuickJSHandle;
  /** (function) → the same whose texts with a NUL come as objects: what crosses as a text ends there. */
  readonly guard: QuickJSHandle;
}

/** Defines the bridge inside; its names are taken before the script could change them. */
export const BRIDGE = `(() => {
  const { parse, stringify } = JSON;
  const { isView } = ArrayBuffer;
  const big = (_key, v) => (typeof v === 'bigint' ? '\\u0000n' + v : v);
  const hex = (bytes) => {
    let text = 'b';
    for (let i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16);
    return text;
  };
  class Text {
    constructor(text) {
      this.text = text;
    }
  }
  return {
    guard: (f) => (...args) => {
      const r = f(...args);
      return typeof r === 'string' && r.includes('\\u0000') ? new Text(r) : r;
    },
    parse: (text) => parse(text),
    date: (ms) => new Date(ms),
    look(v) {
      if (v instanceof Date) return 'd' + v.getTime();
      if (v instanceof ArrayBuffer) return hex(new Uint8Array(v));
      if (v instanceof Text) return 'j' + stringify(v.text);
      if (v instanceof Promise) return 'p';
      if (isView(v)) return hex(new Uint8Array(v.buffer, v.byteOffset, v.byteLength));
      let text;
      try {
        text = stringify(v);
      } catch {
        text = stringify(v, big);
      }
      return text === undefined ? 'u' : 'j' + text;
    },
  };
})()`;

const MIN = BigInt(Number.MIN_SAFE_INTEGER);
const MAX = BigInt(Number.MAX_SAFE_INTEGER);

export function toScript(ctx: QuickJSContext, bridge: Bridge, v: Value): QuickJSHandle {
  switch (typeof v) {
    case 'number':
      return ctx.newNumber(v);
    case 'string':
      return v.includes('\u0000') ? callWith(ctx, bridge.parse, ctx.newString(JSON.stringify(v))) : ctx.newString(v);
    case 'boolean':
      return v ? ctx.true : ctx.false;
    case 'bigint':
      return v >= MIN && v <= MAX ? ctx.newNumber(Number(v)) : ctx.newBigInt(v);
    case 'undefined':
      return ctx.undefined;
  }
  if (v === null) return ctx.null;
  if (isDateTime(v)) return callWith(ctx, bridge.date, ctx.newNumber(v.epochMs));
  if (v instanceof Uint8Array) {
    return ctx.newArrayBuffer(v.slice().buffer);
  }
  return callWith(ctx, bridge.parse, ctx.newString(JSON.stringify(v, plain)));
}

/** @param result stays with the caller  @throws rowError for a number that is none */
export function fromScript(ctx: QuickJSContext, bridge: Bridge, result: QuickJSHandle): Value {
  switch (ctx.typeof(result)) {
    case 'number':
      return whole(ctx.getNumber(result));
    case 'string':
      return ctx.getString(result);
    case 'boolean':
      return ctx.sameValue(result, ctx.true);
    case 'bigint':
      return BigInt.asIntN(64, ctx.getBigInt(result));
    case 'object':
      break;
    default:
      return null;
  }
  const seen = callWith(ctx, bridge.look, result.dup());
  const text = ctx.getString(seen);
  seen.dispose();
  const rest = text.slice(1);
  switch (text[0]) {
    case 'd': {
      const ms = Number(rest);
      if (!Number.isFinite(ms)) throw rowError('result is an invalid date');
      return DateTime.fromMs(ms);
    }
    case 'b':
      return new Uint8Array(Buffer.from(rest, 'hex'));
    case 'p':
      throw rowError('the script gave a promise; it must give the value itself');
    case 'j':
      return inside(JSON.parse(rest));
    default:
      return null;
  }
}

/** The argument is given away. */
export function callWith(ctx: QuickJSContext, f: QuickJSHandle, arg: QuickJSHandle): QuickJSHandle {
  try {
    return ctx.unwrapResult(ctx.callFunction(f, ctx.undefined, arg));
  } finally {
    arg.dispose();
  }
}

function whole(n: number): Value {
  if (Number.isSafeInteger(n)) return BigInt(n);
  if (Number.isNaN(n)) throw rowError('result is NaN');
  if (!Number.isFinite(n)) throw rowError('result is Inf');
  return n;
}

function inside(v: unknown): Value {
  if (typeof v === 'number') return Number.isSafeInteger(v) ? BigInt(v) : v;
  if (typeof v === 'string') return v.startsWith('\u0000n') ? BigInt.asIntN(64, BigInt(v.slice(2))) : v;
  if (typeof v !== 'object' || v === null) return v as Value;
  if (Array.isArray(v)) return v.map(inside);
  const out: Row = {};
  for (const [key, member] of Object.entries(v)) setMember(out, key, inside(member));
  return out;
}

/** For JSON: `this` has the value before its toJSON. */
function plain(this: unknown, key: string, shown: unknown): unknown {
  const v = (this as Record<string, unknown>)[key];
  if (typeof v === 'bigint') return v >= MIN && v <= MAX ? Number(v) : v.toString();
  if (isDateTime(v)) return formatRfc3339(v);
  if (v instanceof Uint8Array) return Buffer.from(v).toString('base64');
  return shown;
}
