// Points of one SunSpec model as it lies in a device: addresses, factors, values that stand for nothing. Called by discover.ts.
import type { Meaning } from '../point-meaning.ts';
import { sunspecNotAvailable } from '../point-meaning.ts';
import type { Point } from '../profile.ts';
import { registersOf, type ValueType } from '../value-types.ts';
import { MODELS } from './models.ts';

/** More registers than this lie in no request: a value whose factor is further away is left out, as it could be torn apart. */
const MAX_REGISTERS = 125;
const TYPES: Readonly<Record<string, ValueType>> = {
  count: 'uint16',
  acc16: 'uint16',
  acc32: 'uint32',
  acc64: 'uint64',
  enum16: 'uint16',
  enum32: 'uint32',
  bitfield16: 'uint16',
  bitfield32: 'uint32',
  sunssf: 'int16',
};

interface Said {
  readonly name: string;
  readonly kind: string;
  readonly type: ValueType | undefined;
  readonly registers: number;
  readonly factor: string;
  readonly unit: string;
  readonly texts: ReadonlyMap<bigint, string> | undefined;
}

function parse(text: string): Said[] {
  return text
    .split(';')
    .map((part) => part.trim().split(/\s+/))
    .filter(([name]) => name)
    .map(([name = '', kind = '', factor = '-', unit = '-', texts]) => {
      const length = /^(s|pad)(\d+)$/.exec(kind);
      const type = length ? (length[1] === 's' ? 'string' : undefined) : (TYPES[kind] ?? (kind as ValueType));
      const registers = length ? Number(length[2]) : registersOf[type as Exclude<ValueType, 'string'>];
      const pairs = texts?.split(',').map((t) => t.split('='));
      const map = pairs && new Map(pairs.map(([n, word]) => [BigInt(n!), word!] as const));
      return { name, kind, type, registers, factor: factor === '-' ? '' : factor, unit: unit === '-' ? '' : unit, texts: map };
    });
}

/** Raw values without meaning, by the kind of SunSpec: an accumulator of 0 has accumulated nothing. */
function meaningOf({ kind, type, texts }: Said): Meaning | undefined {
  const none = new Set<bigint>();
  if (kind.startsWith('acc')) none.add(0n);
  else if (kind.startsWith('bitfield')) {
    none.add(kind === 'bitfield16' ? 0xffffn : 0xffff_ffffn);
    none.add(kind === 'bitfield16' ? 0x8000n : 0x8000_0000n);
  } else {
    const pattern = type && sunspecNotAvailable(type);
    if (pattern !== undefined) none.add(pattern);
  }
  if (none.size === 0 && !texts) return undefined;
  return { notAvailable: none, min: undefined, max: undefined, texts, flags: undefined, signMagnitude: false };
}

const common = {
  fn: 3,
  order: 'ABCD',
  bit: undefined,
  bits: 1,
  offset: 0,
  deadband: 0,
  onChange: false,
  writable: false,
  line: 0,
} as const;

/** @param start address of the first register behind id and length  @param length of the model  @param number 1, or more for a further model of its kind
 *  @returns undefined for a model that is not known */
export function pointsOf(id: number, start: number, length: number, number: number): Point[] | undefined {
  const model = MODELS[id];
  if (!model) return undefined;
  const prefix = `${model.prefix}${number > 1 ? number : ''}`;
  const interval = ['common', 'nameplate', 'capacity'].includes(model.prefix) ? 'slow' : 'default';
  const factors = new Map<string, Point>();
  const out: Point[] = [];
  const place = (said: readonly Said[], from: number, names: string): number => {
    let address = from;
    const placed = said.map((s) => {
      const at = address;
      address += s.registers;
      return { s, at };
    });
    const inside = ({ s, at }: (typeof placed)[number]) => at + s.registers <= start + length;
    for (const { s, at } of placed.filter(inside))
      if (s.kind === 'sunssf')
        factors.set(s.name, { ...common, name: s.name, address: at, registers: 1, type: 'int16', scale: 1, unit: '', interval });
    for (const part of placed.filter(inside)) {
      const { s, at } = part;
      if (s.type === undefined || s.kind === 'sunssf') continue;
      const fixed = /^-?\d+$/.test(s.factor) ? 10 ** Number(s.factor) : 1;
      const factor = factors.get(s.factor);
      const named = s.factor !== '' && !/^-?\d+$/.test(s.factor);
      const span = factor ? Math.max(at + s.registers, factor.address + 1) - Math.min(at, factor.address) : s.registers;
      // without its factor a number is not a value
      if ((named && !factor) || span > MAX_REGISTERS) continue;
      const meaning = meaningOf(s);
      out.push({
        ...common,
        name: `${names}_${s.name}`,
        address: at,
        registers: s.registers,
        type: s.type,
        scale: fixed,
        unit: s.unit,
        interval,
        ...(meaning ? { meaning } : {}),
        ...(factor ? { factor } : {}),
      });
    }
    return address;
  };
  let at = place(parse(model.points), start, prefix);
  const repeated = parse(model.repeated);
  const size = repeated.reduce((n, s) => n + s.registers, 0);
  for (let i = 1; size > 0 && at + size <= start + length; i++) at = place(repeated, at, `${prefix}_${i}`);
  return out;
}
