// The mutator: makes inputs of inputs. All randomness comes from one seed, so that a run can be told by its number. Used by loop.ts.

/** A whole number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** xorshift32: fast, and good enough to choose bytes. */
export function createRandom(seed: number): Random {
  let x = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const ODD_BYTES = [0, 1, 9, 10, 13, 32, 34, 37, 39, 46, 47, 48, 57, 58, 64, 92, 96, 123, 125, 127, 128, 192, 194, 224, 240, 254, 255];
const ODD_NUMBERS = ['0', '-0', '-1', '1e308', '9223372036854775807', '9223372036854775808', '4294967296', '65536', '0.1', '1e-320', 'NaN'];
/** How often a part may be repeated: what is nested or listed grows by it. */
const MAX_REPEATS = 60;

const MAX_GROUP_BYTES = 400;
/** Closing sign by opening one: ( [ { " ' ` */
const CLOSING = new Map([
  [40, 41],
  [91, 93],
  [123, 125],
  [34, 34],
  [39, 39],
  [96, 96],
]);

export interface Mutator {
  /** @returns a changed copy of `parent`, at most `maxBytes` long
   *  @param other a second input to take parts of */
  mutate(parent: Uint8Array, other: Uint8Array): Uint8Array;
}

export function createMutator(random: Random, words: readonly string[], maxBytes: number): Mutator {
  const encoder = new TextEncoder();
  const tokens = [...words, ...ODD_NUMBERS].map((w) => encoder.encode(w));
  // room for one growing step beyond the limit
  const scratch = new Uint8Array(maxBytes * 2 + 1024);
  let length = 0;

  const insert = (at: number, bytes: Uint8Array): void => {
    const n = Math.min(bytes.length, scratch.length - length);
    scratch.copyWithin(at + n, at, length);
    scratch.set(n === bytes.length ? bytes : bytes.subarray(0, n), at);
    length += n;
  };
  const remove = (at: number, count: number): void => {
    scratch.copyWithin(at, at + count, length);
    length -= count;
  };
  /** The first bracketed or quoted part behind `at`: [from, to), empty when there is none. */
  const group = (at: number): [number, number] => {
    let from = at;
    while (from < length && !CLOSING.has(scratch[from]!)) from++;
    const open = scratch[from];
    const close = CLOSING.get(open ?? -1);
    if (from >= length || close === undefined) return [0, 0];
    let depth = 0;
    for (let i = from; i < length && i < from + MAX_GROUP_BYTES; i++) {
      if (scratch[i] === close && (close !== open || i > from)) {
        depth--;
        if (depth === 0 || close === open) return [from, i + 1];
      } else if (scratch[i] === open) depth++;
    }
    return [0, 0];
  };
  /** Short parts are likelier. */
  const size = (max: number): number => (max <= 0 ? 0 : 1 + random(1 + random(1 + random(max))));

  const step = (other: Uint8Array): void => {
    const at = length === 0 ? 0 : random(length);
    switch (random(length === 0 ? 3 : 17)) {
      case 0:
        insert(at, tokens[random(tokens.length)]!);
        return;
      case 1:
        insert(at, Uint8Array.of(ODD_BYTES[random(ODD_BYTES.length)]!));
        return;
      case 2: {
        if (other.length === 0) return;
        const from = random(other.length);
        insert(at, other.subarray(from, from + size(other.length - from)));
        return;
      }
      case 3:
        scratch[at] = scratch[at]! ^ (1 << random(8));
        return;
      case 4:
        scratch[at] = random(256);
        return;
      case 5:
        scratch[at] = ODD_BYTES[random(ODD_BYTES.length)]!;
        return;
      case 6:
      case 7:
        remove(at, Math.min(size(length - at), length - at));
        return;
      case 8: {
        const part = scratch.slice(at, at + size(Math.min(64, length - at)));
        insert(random(length), part);
        return;
      }
      case 9: {
        const part = scratch.slice(at, at + size(Math.min(32, length - at)));
        for (let n = 1 + random(MAX_REPEATS); n > 0 && length < maxBytes; n--) insert(at, part);
        return;
      }
      case 10: {
        const word = tokens[random(tokens.length)]!;
        scratch.set(word.subarray(0, Math.min(word.length, scratch.length - at)), at);
        length = Math.max(length, Math.min(scratch.length, at + word.length));
        return;
      }
      case 11: {
        // what encloses: both ends at once
        const pair = PAIRS[random(PAIRS.length)]!;
        const end = at + size(length - at);
        insert(Math.min(end, length), pair[1]);
        insert(at, pair[0]);
        return;
      }
      case 12: {
        const width = [1, 2, 4][random(3)]!;
        if (at + width > length) return;
        const add = random(70) - 35;
        if (width === 1) scratch[at] = scratch[at]! + add;
        else if (width === 2) view.setUint16(at, (view.getUint16(at) + add) & 0xffff);
        else view.setUint32(at, (view.getUint32(at) + add) >>> 0);
        return;
      }
      case 13: {
        const word = tokens[random(tokens.length)]!;
        remove(at, Math.min(size(length - at), length - at));
        insert(at, word);
        return;
      }
      case 14:
      case 15: {
        // what stands between brackets or quotes, as a whole: away, twice, or a word in its place
        const [from, to] = group(at);
        if (to <= from) return;
        const part = scratch.slice(from, to);
        const what = random(3);
        if (what === 0) insert(to, part);
        else {
          remove(from, to - from);
          if (what === 1) insert(from, tokens[random(tokens.length)]!);
        }
        return;
      }
      default: {
        // the head of this one, the tail of the other
        if (other.length === 0) return;
        const from = random(other.length);
        length = at;
        insert(at, other.subarray(from));
      }
    }
  };
  const view = new DataView(scratch.buffer);
  const PAIRS = ['()', '[]', '{}', '""', "''", '``'].map((p) => [encoder.encode(p[0]), encoder.encode(p[1])] as const);

  return {
    mutate(parent, other) {
      length = Math.min(parent.length, maxBytes);
      scratch.set(length === parent.length ? parent : parent.subarray(0, length));
      for (let n = 1 + random(1 + random(6)); n > 0; n--) {
        step(other);
        if (length > maxBytes) length = maxBytes;
      }
      return scratch.slice(0, length);
    },
  };
}
