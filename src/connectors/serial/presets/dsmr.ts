// preset: dsmr. The P1 port of smart meters in the Netherlands, Belgium, Luxembourg, Sweden, Austria: a telegram from "/" to "!" and the CRC-16/ARC over both.
import { rowError } from '../../../base/errors/gateway-error.ts';
import { ByteStore } from '../framing/byte-store.ts';
import { checksums } from '../framing/checksum.ts';
import type { FramingDefinition } from '../framing/index.ts';
import { readLines } from './obis-lines.ts';
import type { Preset } from './preset.ts';

const MAX_BYTES = 16_384;
const SLASH = 0x2f;
const BANG = 0x21;

/** Frames: the telegram without its checksum line, from "/" to before "!". */
const telegrams = (withoutChecksum: boolean): FramingDefinition => ({
  name: 'dsmr',
  doc: 'P1 telegrams.',
  options: [],
  create(_options, drop) {
    const store = new ByteStore(2048);
    const crc = checksums['crc16-arc']!;
    const startAt = (view: Buffer, from: number): number => {
      // a telegram begins a line; a slash within one is text of the meter
      for (let i = view.indexOf(SLASH, from); i >= 0; i = view.indexOf(SLASH, i + 1))
        if (i === 0 || view[i - 1] === 10 || view[i - 1] === 13) return i;
      return -1;
    };
    const cut = (out: (frame: Buffer) => void) => {
      while (store.length > 0) {
        let view = store.view();
        const at = view.indexOf(SLASH);
        if (at < 0) return store.clear();
        if (at > 0) {
          store.skip(at);
          view = store.view();
        }
        let end = view.indexOf(BANG);
        while (end > 0 && view[end - 1] !== 10 && view[end - 1] !== 13) end = view.indexOf(BANG, end + 1);
        const next = startAt(view, 1);
        if (next > 0 && (end < 0 || next < end)) {
          drop('a telegram without its end');
          store.skip(next);
          continue;
        }
        const line = end < 0 ? -1 : view.indexOf(10, end);
        if (line < 0) {
          if (view.length > MAX_BYTES) {
            drop('frame too long');
            store.skip(1);
            continue;
          }
          return;
        }
        const sum = view
          .subarray(end + 1, line)
          .toString('latin1')
          .trim();
        const right = /^[0-9A-Fa-f]{4}$/.test(sum)
          ? Number.parseInt(sum, 16) === crc.of(view.subarray(0, end + 1))
          : sum === '' && withoutChecksum;
        if (!right) {
          drop(sum === '' ? 'no checksum' : 'wrong checksum');
          // a telegram whose beginning stands in the middle of a broken line may lie within
          const within = view.indexOf(SLASH, 1);
          store.skip(within > 0 && within < line ? within : line + 1);
          continue;
        }
        const frame = Buffer.from(view.subarray(0, end));
        store.skip(line + 1);
        out(frame);
      }
    };
    return {
      get held() {
        return store.length;
      },
      push(chunk, out) {
        for (let i = 0; i < chunk.length; i += MAX_BYTES) {
          store.append(chunk.subarray(i, i + MAX_BYTES));
          cut(out);
        }
      },
      reset: () => store.clear(),
      encode() {
        throw new Error('preset dsmr reads meters only');
      },
    };
  },
});

export const dsmr: Preset = {
  name: 'dsmr',
  doc: 'smart meters with a P1 port (DSMR, ESMR): columns by OBIS code, CRC-16 checked.',
  line: { baudRate: 115_200, mode: '8N1' },
  framing: ({ withoutChecksum }) => telegrams(withoutChecksum),
  decode(frame) {
    const [head = '', ...lines] = Buffer.from(frame)
      .toString('latin1')
      .split(/\r?\n|\r/);
    const columns = readLines(lines);
    if (Object.keys(columns.row).length === 0) throw rowError('a telegram without data lines', 'DECODE_FAILED');
    return { meter: head.slice(1).trim(), ...columns.done() };
  },
};
