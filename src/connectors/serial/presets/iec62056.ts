// preset: iec62056-21. Electricity meters with an optical head (D0): asked at 300 baud, answer at a speed of their own (mode C), or send by themselves (mode D).
// The block of data is vouched for by its check character. The conversation: iec62056-session.ts.
import { rowError } from '../../../base/errors/gateway-error.ts';
import { ByteStore } from '../framing/byte-store.ts';
import { checksums } from '../framing/checksum.ts';
import type { FramingDefinition } from '../framing/index.ts';
import { cutFrames, type Found } from './cut-frames.ts';
import { readLines } from './obis-lines.ts';
import type { Preset } from './preset.ts';

const STX = 2;
const ETX = 3;
const MAX_BYTES = 8192;

/** Frames: what stands between STX and ETX when the check character behind it is right, and identification lines (`/ABC5…`). */
const blocks: FramingDefinition = {
  name: 'iec62056-21',
  doc: 'Blocks of IEC 62056-21.',
  options: [],
  create(_options, drop) {
    const store = new ByteStore(1024);
    const xor = checksums['xor8']!;
    const readOne = (view: Buffer): Found | undefined => {
      if (view[0] === STX) {
        const end = view.indexOf(ETX);
        const next = view.indexOf(STX, 1);
        if (next > 0 && (end < 0 || next < end)) {
          // another block begins behind the name of its meter; elsewhere it is damage, and one check character would let 1 in 256 pass
          const before = view.subarray(0, next).toString('latin1');
          if (/\/[A-Za-z]{3}[^\r\n]*\r?\n$/.test(before)) return { bytes: next, problem: 'a block without its end' };
          if (end >= 0) return { bytes: end + 1, problem: 'a block without its end' };
        }
        if (end < 0 || end + 1 >= view.length) return view.length > MAX_BYTES ? { bytes: 1, problem: 'frame too long' } : undefined;
        if (xor.of(view.subarray(1, end + 1)) !== view[end + 1]) return { bytes: 1, problem: 'wrong checksum' };
        return { bytes: end + 2, frame: Buffer.from(view.subarray(0, end)) };
      }
      if (view[0] === 0x2f) {
        const end = view.indexOf(10);
        if (end < 0) return view.length > 64 ? { bytes: 1 } : undefined;
        const line = view.subarray(0, end).toString('latin1').trim();
        return /^\/[A-Za-z]{3}[0-9A-Za-z]/.test(line) ? { bytes: end + 1, frame: Buffer.from(line, 'latin1') } : { bytes: 1 };
      }
      return { bytes: 1 };
    };
    return {
      get held() {
        return store.length;
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

export const iec62056: Preset = {
  name: 'iec62056-21',
  doc: 'electricity meters with an optical head (D0): asked at 300 baud with change of speed, columns by OBIS code, check character checked.',
  line: { baudRate: 300, mode: '7E1' },
  session: 'iec62056-21',
  framing: () => blocks,
  decode(frame) {
    if (frame[0] !== STX) return undefined;
    const columns = readLines(Buffer.from(frame.subarray(1)).toString('latin1').split(/\r?\n/));
    if (Object.keys(columns.row).length === 0) throw rowError('a block without data lines', 'DECODE_FAILED');
    return columns.done();
  },
};
