// Faults as text, for the command line: "drop=0.02,late=0.01,lateMs=300,dead=3+5".
import type { Faults } from './faults.ts';

const chances = ['drop', 'corrupt', 'late', 'foreign', 'exception', 'reboot'] as const;
const times = ['delayMs', 'lateMs', 'rebootMs'] as const;

/** @throws Error naming what is wrong and what is known */
export function parseFaults(text: string): Faults {
  const faults: Faults = {};
  for (const part of text.split(',').filter(Boolean)) {
    const [name = '', value = ''] = part.split('=').map((t) => t.trim());
    const number = value === '' ? Number.NaN : Number(value);
    if (name === 'dead') faults.dead = new Set(parseUnits(value));
    else if (chances.some((c) => c === name)) {
      if (!(number >= 0 && number <= 1)) throw new Error(`${name} "${value}": a chance from 0 to 1`);
      faults[name as (typeof chances)[number]] = number;
    } else if (times.some((t) => t === name)) {
      if (!(number >= 0 && number <= 3_600_000)) throw new Error(`${name} "${value}": milliseconds from 0 to 3600000`);
      faults[name as (typeof times)[number]] = number;
    } else throw new Error(`fault "${name}" is not known; known are ${[...chances, ...times].join(', ')}, dead`);
  }
  return faults;
}

/** `1`, `1+4`, `1-10+20`. @throws Error */
export function parseUnits(text: string): number[] {
  const units: number[] = [];
  for (const part of text.split('+')) {
    const [, first, last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(first) < 1 || Number(last) > 247 || Number(last) < Number(first))
      throw new Error(`units "${part}": numbers from 1 to 247, as in 3 or 1-10 or 1-10+20`);
    for (let u = Number(first); u <= Number(last); u++) units.push(u);
  }
  return units;
}
