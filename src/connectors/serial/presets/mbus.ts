// preset: mbus. Wired M-Bus (EN 13757): meters of heat, water, gas and electricity answer a request with records. Frames are checked by their lengths and sum; the
// records: mbus-records.ts. With `meters` the meters are asked in turn.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row } from '../../../data/value.ts';
import { ByteStore } from '../framing/byte-store.ts';
import { checksums } from '../framing/checksum.ts';
import type { FramingDefinition } from '../framing/index.ts';
import type { Request } from '../requests.ts';
import { cutFrames, type Found } from './cut-frames.ts';
import { readRecords } from './mbus-records.ts';
import { Columns } from './obis.ts';
import type { Preset } from './preset.ts';

const sum8 = (part: Uint8Array): number => checksums['sum8']!.of(part);

/** Frames: long ones (68 L L 68 … 16) and short ones (10 C A sum 16), whole. */
const frames: FramingDefinition = {
  name: 'mbus',
  doc: 'Frames of M-Bus.',
  options: [],
  create(_options, drop) {
    const store = new ByteStore(512);
    /** @returns undefined: more is needed */
    const readOne = (view: Buffer): Found | undefined => {
      if (view[0] === 0x10) {
        if (view.length < 5) return undefined;
        const right = view[4] === 0x16 && view[3] === sum8(view.subarray(1, 3));
        return right ? { bytes: 5, frame: Buffer.from(view.subarray(0, 5)) } : { bytes: 1 };
      }
      if (view[0] !== 0x68) return { bytes: 1 };
      if (view.length < 4) return undefined;
      const length = view[1]!;
      if (view[2] !== length || view[3] !== 0x68 || length < 3) return { bytes: 1 };
      if (view.length < length + 6) return undefined;
      if (view[length + 5] !== 0x16 || view[length + 4] !== sum8(view.subarray(4, length + 4)))
        return { bytes: 1, problem: 'wrong checksum' };
      return { bytes: length + 6, frame: Buffer.from(view.subarray(0, length + 6)) };
    };
    return {
      get held() {
        return store.length;
      },
      // a length that noise made up must not swallow the answer behind it
      idleMs: 500,
      idle() {
        if (store.length > 0) drop('a frame without its end');
        store.clear();
      },
      push(chunk, out) {
        store.append(chunk);
        cutFrames(store, readOne, drop, out);
      },
      reset: () => store.clear(),
      encode: (payload) => Buffer.from(payload),
    };
  },
};

const MEDIA: Readonly<Record<number, string>> = {
  0: 'other',
  1: 'oil',
  2: 'electricity',
  3: 'gas',
  4: 'heat',
  5: 'steam',
  6: 'warm water',
  7: 'water',
  8: 'heat cost allocator',
  9: 'compressed air',
  10: 'cooling',
  11: 'cooling',
  12: 'heat',
  13: 'heat and cooling',
  14: 'bus',
  21: 'hot water',
  22: 'cold water',
  25: 'pressure',
  40: 'waste water',
};

function manufacturer(code: number): string {
  return [10, 5, 0].map((shift) => String.fromCharCode(((code >> shift) & 31) + 64)).join('');
}

function decode(frame: Uint8Array): Row {
  const f = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (f[0] !== 0x68 || f.length < 9) throw rowError('not an answer with data', 'DECODE_FAILED');
  const [control, address, info] = [f[4]!, f[5]!, f[6]!];
  // answers with data: RSP_UD, with or without its two flags
  if ((control & 0xcf) !== 0x08) throw rowError('not an answer of a meter', 'DECODE_FAILED');
  const data = f.subarray(7, f.length - 2);
  const out = new Columns();
  out.set('address', BigInt(address));
  let records: Buffer;
  if (info === 0x72) {
    if (data.length < 12) throw rowError('a header that is too short', 'DECODE_FAILED');
    out.set('id', Buffer.from(data.subarray(0, 4)).reverse().toString('hex'));
    out.set('manufacturer', manufacturer(data.readUInt16LE(4)));
    out.set('version', BigInt(data[6]!));
    out.set('medium', MEDIA[data[7]!] ?? `medium ${data[7]}`);
    out.set('access_number', BigInt(data[8]!));
    out.set('status', BigInt(data[9]!));
    records = data.subarray(12);
  } else if (info === 0x7a) {
    if (data.length < 4) throw rowError('a header that is too short', 'DECODE_FAILED');
    out.set('access_number', BigInt(data[0]!));
    out.set('status', BigInt(data[1]!));
    records = data.subarray(4);
  } else if (info === 0x78) records = data;
  else throw rowError(`an answer of kind ${info.toString(16)}: only 72, 7a and 78 are understood`, 'DECODE_FAILED');
  const { more } = readRecords(records, out);
  return { ...out.done(), more };
}

/** REQ_UD2, with the bit that changes with each answer: a meter that sees it unchanged repeats its last answer. */
function request(address: number): Request {
  let control = 0x5b;
  return {
    name: `meter ${address}`,
    get bytes() {
      return Buffer.from([0x10, control, address, (control + address) & 0xff, 0x16]);
    },
    answered() {
      control ^= 0x20;
    },
    columns: { address: BigInt(address) },
  };
}

export const mbus: Preset = {
  name: 'mbus',
  doc: 'meters on a wired M-Bus: records as columns in base units; meters lists the primary addresses to ask.',
  line: { baudRate: 2400, mode: '8E1' },
  framing: () => frames,
  decode,
  requests: ({ meters }) =>
    meters.map((text) => {
      const address = Number(text);
      if (!/^\d+$/.test(text) || address > 250) throw new Error(`property meters: "${text}" is not a primary address: 0 to 250`);
      return request(address);
    }),
};
