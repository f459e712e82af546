// preset: scale, and preset: barcode. Scales that send a line with sign, weight, unit and whether it stands still: Mettler-Toledo (MT-SICS), Sartorius, Kern, A&D,
// Ohaus, Dini Argeo. The forms have no checksum: a line that fits none of them exactly is thrown away and counted.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row } from '../../../data/value.ts';
import { delimiterFraming } from '../framing/delimiter.ts';
import type { FramingDefinition } from '../framing/index.ts';
import type { Preset } from './preset.ts';

/** A weight in a field of fixed width: sign (it may stand apart), blanks, digits with point or comma. A lost character is seen by the width. */
const WEIGHT = /^\s*([+-]?)\s*(\d{1,9}(?:[.,]\d{1,6})?)\s*$/;
const UNIT = '(mg|g|kg|t|lb|oz|ozt|ct|pcs|PCS|dwt|N|%)';

interface Form {
  /** Groups: status, field of the weight, unit. */
  readonly pattern: RegExp;
  stable(status: string, unit: string | undefined): boolean;
}

const forms: readonly Form[] = [
  // MT-SICS: "S S     100.00 g"; S D = not at rest
  { pattern: new RegExp(`^S ([SD]) (.{10}) ${UNIT} *$`), stable: (s) => s === 'S' },
  // A&D: "ST,+00123.45  g"; US = not at rest
  { pattern: new RegExp(`^(ST|US),([+-][\\d.,]{8}) {0,2}${UNIT} *$`), stable: (s) => s === 'ST' },
  // many indicators: "ST,GS,+  12.5kg" or "ST,NT,   12.50,kg"
  { pattern: new RegExp(`^(ST|US),(?:GS|NT),([ +-].{6,9}?),? ?${UNIT} *$`), stable: (s) => s === 'ST' },
  // Sartorius, Kern: 14 characters, or 20 with a word before: "N     +  123.45 g  "; without a unit the weight moves
  { pattern: new RegExp(`^(?:([A-Z#*][A-Za-z0-9#*. ]{5})|)([ +-][ \\d.,]{9}) (?:${UNIT}| ) *$`), stable: (_s, unit) => unit !== undefined },
];
/** Too much, too little, not adjusted: the scale says so instead of a weight. */
const OUT = /^\s*(?:S\s+(?:\+|-|I)|(?:OL|UL),?.*|(?:Stat|SI)?\s*(?:\+{2,}|-{2,}|High|Low|H|L|Err.*|OL|UL))\s*$/;

function read(text: string): Row {
  const line = text.replaceAll('\x02', '').replaceAll('\x03', '').replaceAll('\r', '');
  if (OUT.test(line)) return { weight: null, unit: null, stable: false, status: line.trim() };
  for (const { pattern, stable } of forms) {
    const m = pattern.exec(line);
    const found = m && WEIGHT.exec(m[2]!);
    if (!found) continue;
    const unit = m[3];
    const weight = Number(found[2]!.replace(',', '.'));
    return {
      weight: found[1] === '-' && weight !== 0 ? -weight : weight,
      unit: unit ?? null,
      stable: stable(m[1] ?? '', unit),
      status: 'ok',
    };
  }
  throw rowError(`"${line.trim().slice(0, 40)}" is no line of a scale`, 'DECODE_FAILED');
}

export const scale: Preset = {
  name: 'scale',
  doc: 'scales that send lines (MT-SICS, Sartorius, Kern, A&D, Dini Argeo): weight, unit, stable, status.',
  line: { baudRate: 9600, mode: '8N1' },
  framing: () => ({
    ...delimiterFraming,
    create: (_options, drop) => delimiterFraming.create({ delimiter: '\\n', maxFrameBytes: 64 }, drop),
  }),
  decode: (frame) => read(Buffer.from(frame).toString('latin1')),
};

/** A code ends with CR, LF, both or a tab. */
const codes: FramingDefinition = {
  name: 'barcode',
  doc: 'Codes that end with CR, LF or tab.',
  options: [],
  create(_options, drop) {
    let held: number[] = [];
    let tooLong = false;
    return {
      get held() {
        return held.length;
      },
      push(chunk, out) {
        for (const b of chunk) {
          if (b === 13 || b === 10 || b === 9) {
            if (tooLong) drop('frame too long');
            else if (held.length > 0) out(Buffer.from(held));
            held = [];
            tooLong = false;
          } else if (held.length >= 4096) {
            tooLong = true;
            held = [];
          } else if (b !== 2 && b !== 3) held.push(b);
        }
      },
      reset() {
        held = [];
        tooLong = false;
      },
      encode() {
        throw new Error('preset barcode reads scanners only');
      },
    };
  },
};

export const barcode: Preset = {
  name: 'barcode',
  doc: 'scanners of barcodes, cards and tags: column code.',
  line: { baudRate: 9600, mode: '8N1' },
  framing: () => codes,
  decode: (frame) => ({ code: Buffer.from(frame).toString('utf8') }),
};
