// Data lines of IEC 62056-21, which P1 has too: `1-0:1.8.1(123456.789*kWh)`. Used by dsmr.ts and iec62056.ts.
import type { Value } from '../../../data/value.ts';
import { Columns, columnOf } from './obis.ts';

/** Medium, channel, C.D.E, billing period: the first two and the last may be missing. */
const LINE = /^(?:(\d{1,3})-(\d{1,3}):)?([0-9A-Fa-f]{1,3}(?:\.[0-9A-Fa-f]{1,3}){1,2})(?:[*&](\d{1,3}))?((?:\([^()]*\))+)$/;

/** Years of two digits, and whether it is summer time in the Netherlands and its neighbours: `101209112500W`. */
export function timeOf(text: string): string | undefined {
  const m = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})([WS])?$/.exec(text);
  if (!m) return undefined;
  const [, y, mo, d, h, mi, s, season] = m;
  const zone = season === undefined ? '' : season === 'W' ? '+01:00' : '+02:00';
  return `20${y}-${mo}-${d}T${h}:${mi}:${s}${zone}`;
}

/** Ids and messages are hex digits of their characters. */
function unhex(text: string): string {
  if (!/^([0-9A-Fa-f]{2})+$/.test(text)) return text;
  const plain = Buffer.from(text, 'hex').toString('latin1');
  return /^[\x20-\x7e]+$/.test(plain) ? plain : text;
}

/** `123.45*kWh` → number and unit; a number alone stays a text where the code names something (ids). */
function valueAndUnit(text: string): { value: Value; unit: string | undefined } | undefined {
  const m = /^(-?\d+(?:\.\d+)?)\*(\S+)$/.exec(text);
  return m ? { value: Number(m[1]), unit: m[2]!.replace(/^m3$/, 'm³').replace(/^m3\/h$/, 'm³/h') } : undefined;
}

/** @param lines without line ends; those that are no data lines are passed over, as meters send texts of their own */
export function readLines(lines: readonly string[]): Columns {
  const out = new Columns();
  // DSMR 2 and 3: the value of a gas meter stands in the next line
  const joined = lines.reduce<string[]>((list, line) => {
    if (line.startsWith('(') && list.length > 0) list[list.length - 1] += line;
    else list.push(line);
    return list;
  }, []);
  for (const line of joined) {
    const m = LINE.exec(line.trim());
    if (!m) continue;
    const [, medium, channel, code, period, groups] = m;
    const values = [...groups!.matchAll(/\(([^()]*)\)/g)].map((g) => g[1]!);
    if (medium === '0' && channel !== undefined && channel !== '0') readSubmeter(out, channel, code!, values);
    else if (values.length === 1) readOne(out, code!, period, values[0]!);
  }
  return out;
}

const IDS = new Set(['meter_id', 'message', 'version', 'meter_time', 'meter_date']);

function readOne(out: Columns, code: string, period: string | undefined, text: string): void {
  const base = columnOf(code);
  const name = period === undefined || period === '255' ? base : `${base}_period_${period}`;
  if (base === 'time') {
    const time = timeOf(text);
    return out.set('time', time ?? text);
  }
  if (IDS.has(base)) return out.set(name, text === '' ? null : code.startsWith('96.1') ? unhex(text) : text);
  const found = valueAndUnit(text);
  if (found) return out.set(name, found.value, found.unit);
  if (/^\d{1,15}$/.test(text)) return out.set(name, BigInt(text));
  if (/^-?\d+\.\d+$/.test(text)) return out.set(name, Number(text));
  out.set(name, text === '' ? null : text);
}

/** What hangs on the meter (gas, water, heat), by its channel. */
function readSubmeter(out: Columns, channel: string, code: string, values: readonly string[]): void {
  const name = (what: string) => `submeter${channel}_${what}`;
  if (code === '24.1.0' && values.length === 1) return out.set(name('type'), KINDS[Number(values[0])] ?? values[0]!);
  if ((code === '96.1.0' || code === '96.1.1') && values.length === 1) return out.set(name('id'), unhex(values[0]!));
  const found = values.length === 2 ? valueAndUnit(values[1]!) : undefined;
  if (code.startsWith('24.2') && found) {
    out.set(name('value'), found.value, found.unit);
    return out.set(name('time'), timeOf(values[0]!) ?? values[0]!);
  }
  // DSMR 2 and 3: (time)(status)(period)(values)(code)(unit)(value)
  if (code === '24.3.0' && values.length === 7 && /^\d+(\.\d+)?$/.test(values[6]!)) {
    out.set(name('value'), Number(values[6]), values[5] === 'm3' ? 'm³' : values[5]);
    return out.set(name('time'), timeOf(values[0]!) ?? values[0]!);
  }
}

/** Media of M-Bus. */
const KINDS: Readonly<Record<number, string>> = {
  3: 'gas',
  4: 'heat',
  6: 'hot water',
  7: 'water',
  10: 'cold',
  12: 'heat',
  13: 'heat and cold',
};
