// Five small pieces of code with a mistake each, of the kinds that a fuzzer must find. Read by the threads of planted.test.ts.
import { hold, type Target, textOf } from '../../scripts/fuzz/target.ts';

const base = { files: /\/test\/fuzz\/planted/, maxBytes: 200 };

/** KG, version, length, payload; the last byte of a full frame is read one too far. */
function offByOne(input: Uint8Array): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.length < 4 || input[0] !== 0x4b) return 0;
  if (input[1] !== 0x47) return 0;
  if (input[2] !== 2) return 0;
  const length = input[3]!;
  let sum = 0;
  if (length > 0 && 4 + length <= input.length) for (let i = 4; i <= 4 + length; i++) sum += view.getUint8(i);
  return sum;
}

function parseText(text: string): string | undefined {
  const m = /^"((?:[^"\\]|\\.)*)"$/s.exec(text);
  return m?.[1]?.replace(/\\(.)/gs, '$1');
}
/** A quote is escaped, a backslash only where no bracket stands. */
const printText = (value: string): string => {
  let out = '';
  for (const c of value) {
    if (c === '"') out += '\\"';
    else if (c === '\\') {
      if (value.includes('[')) out += '\\';
      else out += '\\\\';
    } else out += c;
  }
  return `"${out}"`;
};

/** Each `<` looks for its `>` to the end of the text. */
function quadratic(text: string): number {
  let found = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '<') continue;
    for (let j = i; j < text.length; j++)
      for (let k = 0; k < 20_000; k++) if (text[j] === '>' && text[j - 1] === '/') found += Math.sqrt(j - i + k);
  }
  return found;
}

/** A backslash at the end within braces is never passed. */
function endless(text: string): number {
  let depth = 0;
  let steps = 0;
  for (let i = 0; i < text.length; steps++) {
    const c = text[i];
    if (c === '{') depth++;
    if (c === '}') depth--;
    if (c === '\\' && depth > 1) {
      if (i + 1 < text.length) i += 2;
    } else i++;
  }
  return steps;
}

/** Refuses with words, but takes `null` for an object. */
function wrongClass(text: string): number {
  let v: { kind?: string; body?: { size: number } | null };
  try {
    v = JSON.parse(text) as typeof v;
  } catch {
    throw new Error('no JSON');
  }
  if (typeof v !== 'object' || v === null) throw new Error('no object');
  if (v.kind === 'frame') return v.body === undefined ? 0 : (v.body as { size: number }).size;
  return 0;
}

export const targets: readonly Target[] = [
  { ...base, name: 'off-by-one', doc: '', seeds: ['KG\0\x01'], load: async () => (input) => void offByOne(input) },
  {
    ...base,
    name: 'unescaped',
    doc: '',
    seeds: ['"a\\"b"'],
    load: async () => (input) => {
      const value = parseText(textOf(input));
      if (value !== undefined) hold(parseText(printText(value)) === value, 'comes back changed');
    },
  },
  { ...base, name: 'quadratic', doc: '', maxBytes: 2_000, seeds: ['a<b/>'], load: async () => (input) => void quadratic(textOf(input)) },
  { ...base, name: 'endless', doc: '', seeds: ['{a}'], load: async () => (input) => void endless(textOf(input)) },
  {
    ...base,
    name: 'wrong-class',
    doc: '',
    seeds: ['{"kind":"frame","body":{"size":1}}'],
    words: ['null'],
    load: async () => (input) => {
      try {
        wrongClass(textOf(input));
      } catch (error) {
        if (error instanceof TypeError) throw error;
      }
    },
  },
];
