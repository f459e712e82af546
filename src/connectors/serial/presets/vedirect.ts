// preset: vedirect. The text protocol of Victron's VE.Direct: fields of a block, each "\r\nLABEL\tVALUE", and a byte that makes the sum of the block zero. HEX
// messages (":" to "\n") may stand between blocks and within them; they belong to no block. A BMV sends two blocks, each is a row.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row } from '../../../data/value.ts';
import type { FramingDefinition } from '../framing/index.ts';
import type { Preset } from './preset.ts';

const MAX_BYTES = 2048;
const CHECKSUM = Buffer.from('\r\nChecksum\t');

const blocks: FramingDefinition = {
  name: 'vedirect',
  doc: 'Blocks of VE.Direct.',
  options: [],
  create(_options, drop) {
    let block: number[] = [];
    let inHex = false;
    /** The next byte is the checksum. */
    let last = false;
    let sum = 0;
    let tooLong = false;
    /** A sum was right or wrong before: a block that was heard from its middle on is over. A sum of one byte lets one in 256 of those pass. */
    let synced = false;
    const start = () => {
      block = [];
      sum = 0;
      tooLong = false;
    };
    const endsWith = (mark: Buffer): boolean =>
      block.length >= mark.length && mark.every((b, i) => block[block.length - mark.length + i] === b);
    return {
      get held() {
        return block.length;
      },
      push(chunk, out) {
        for (const b of chunk) {
          if (last) {
            last = false;
            sum = (sum + b) & 0xff;
            const text = Buffer.from(block.slice(0, -CHECKSUM.length));
            const whole = synced || /^\r\n(PID|H1)\t/.test(text.subarray(0, 8).toString('latin1'));
            if (whole && !tooLong && sum === 0) out(text);
            else if (whole) drop(tooLong ? 'frame too long' : 'wrong checksum');
            synced = true;
            start();
            continue;
          }
          // a colon begins a HEX message wherever it stands: texts of a block have none
          if (inHex || b === 0x3a) {
            inHex = b !== 10;
            continue;
          }
          sum = (sum + b) & 0xff;
          block.push(b);
          if (endsWith(CHECKSUM)) last = true;
          else if (block.length > MAX_BYTES) {
            tooLong = true;
            block = block.slice(-CHECKSUM.length);
          }
        }
      },
      reset() {
        start();
        inHex = false;
        last = false;
        synced = false;
      },
      encode() {
        throw new Error('preset vedirect reads devices only');
      },
    };
  },
};

const UNITS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['V', 'V2', 'V3', 'VS', 'VM', 'VPV', 'H7', 'H8', 'H15', 'H16'].map((l) => [l, 'mV'])),
  ...Object.fromEntries(['I', 'I2', 'I3', 'IL'].map((l) => [l, 'mA'])),
  ...Object.fromEntries(['CE', 'H1', 'H2', 'H3', 'H6'].map((l) => [l, 'mAh'])),
  ...Object.fromEntries(['PPV', 'P', 'H21', 'H23'].map((l) => [l, 'W'])),
  ...Object.fromEntries(['H17', 'H18', 'H19', 'H20', 'H22'].map((l) => [l, '0.01 kWh'])),
  ...{ T: '°C', SOC: '0.1 %', DM: '0.1 %', TTG: 'min', H9: 's', AC_OUT_V: '0.01 V', AC_OUT_I: '0.1 A', AC_OUT_S: 'VA' },
};

export const vedirect: Preset = {
  name: 'vedirect',
  doc: 'Victron devices with VE.Direct: a column for each label, in the unit of the device; checksum checked.',
  line: { baudRate: 19_200, mode: '8N1' },
  framing: () => blocks,
  decode(frame) {
    const row: Row = {};
    const units: Row = {};
    for (const field of Buffer.from(frame).toString('latin1').split('\r\n')) {
      if (field === '') continue;
      const tab = field.indexOf('\t');
      if (tab <= 0) throw rowError('a field without a tab', 'DECODE_FAILED');
      const label = field.slice(0, tab).replace(/#$/, '_');
      const text = field.slice(tab + 1);
      row[label] = /^-?\d{1,18}$/.test(text) ? BigInt(text) : text === '---' ? null : text;
      if (UNITS[label] !== undefined) units[label] = UNITS[label]!;
    }
    if (Object.keys(row).length === 0) throw rowError('a block without fields', 'DECODE_FAILED');
    return { ...row, units: units as Row[string] };
  },
};
