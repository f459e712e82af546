// preset: sml. Smart Message Language 1.04 of German meters: transport with escape sequences and CRC-16/X-25, messages of typed fields, values by OBIS code
// with unit and scaler. Next file: sml-message.ts.
import { ByteStore } from '../framing/byte-store.ts';
import { checksums } from '../framing/checksum.ts';
import type { FramingDefinition } from '../framing/index.ts';
import { cutFrames, type Found } from './cut-frames.ts';
import type { Preset } from './preset.ts';
import { readSml } from './sml-message.ts';

const MAX_BYTES = 8192;
const START = Buffer.from('1b1b1b1b01010101', 'hex');
const ESCAPE = Buffer.from('1b1b1b1b', 'hex');

/** Frames: the messages without transport, escapes and fill bytes. */
const transport: FramingDefinition = {
  name: 'sml',
  doc: 'SML transport version 1.',
  options: [],
  create(_options, drop) {
    const store = new ByteStore(1024);
    const crc = checksums['crc16-x25']!;
    /** @returns undefined: more is needed; one byte: this start was none */
    const readOne = (view: Buffer): Found | undefined => {
      const parts: Buffer[] = [];
      let from = START.length;
      // all parts are of four bytes: elsewhere the same bytes are data
      for (let at = from; ; at += 4) {
        while (at + 4 <= view.length && view.compare(ESCAPE, 0, 4, at, at + 4) !== 0) at += 4;
        if (view.length < at + 8) return view.length > MAX_BYTES ? { bytes: 1, problem: 'frame too long' } : undefined;
        const kind = view.readUInt32BE(at + 4);
        if (kind === 0x1b1b1b1b) {
          // four bytes of data that look like an escape
          parts.push(view.subarray(from, at + 4));
          at += 4;
          from = at + 4;
          continue;
        }
        if (kind >>> 24 !== 0x1a) return { bytes: 1, problem: 'no end of a frame where it must be' };
        const fill = (kind >>> 16) & 0xff;
        if (fill > 3) return { bytes: 1, problem: 'no end of a frame where it must be' };
        if (crc.of(view.subarray(0, at + 6)) !== view.readUInt16LE(at + 6)) return { bytes: 1, problem: 'wrong checksum' };
        parts.push(view.subarray(from, at));
        const data = Buffer.concat(parts);
        return { frame: Buffer.from(data.subarray(0, Math.max(0, data.length - fill))), bytes: at + 8 };
      }
    };
    const look = (view: Buffer): Found | undefined => {
      const at = view.indexOf(START);
      if (at === 0) return readOne(view);
      // the end may be the begin of a start
      const bytes = at > 0 ? at : view.length - START.length + 1;
      return bytes > 0 ? { bytes } : undefined;
    };
    return {
      get held() {
        return store.length;
      },
      push(chunk, out) {
        for (let i = 0; i < chunk.length; i += MAX_BYTES) {
          store.append(chunk.subarray(i, i + MAX_BYTES));
          cutFrames(store, look, drop, out);
        }
      },
      reset: () => store.clear(),
      encode() {
        throw new Error('preset sml reads meters only');
      },
    };
  },
};

export const sml: Preset = {
  name: 'sml',
  doc: 'smart meters with an optical SML port (Germany): columns by OBIS code, CRC-16 checked.',
  line: { baudRate: 9600, mode: '8N1' },
  framing: () => transport,
  decode: (frame) => readSml(frame),
};
