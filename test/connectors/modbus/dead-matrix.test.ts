// The record of the matrix of dead units (scripts/dead-units.ts), and cells of it that are measured again.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buses, type Cell, deadCell, deadUnits, deaths } from './dead-matrix.ts';

const record = JSON.parse(readFileSync(new URL('dead-matrix.json', import.meta.url), 'utf8')) as Cell[];

// @covers issue:19#3 @covers finding:field#2.3
describe('the matrix of dead units', () => {
  it('holds each bus, death and number, and the living keep 90 percent in each of them', () => {
    expect(record.map((c) => [c.bus, c.death, c.dead].join(' '))).toEqual(
      buses.flatMap((bus) => deaths.flatMap((death) => Object.keys(deadUnits).map((dead) => [bus, death, dead].join(' ')))),
    );
    expect(record.filter((c) => c.later < 0.9 || c.worst < 0.9)).toEqual([]);
    // where a dead unit costs its line no more than a second, also while the dead are found
    const slow = (c: Cell) => c.bus === 'slow gateway' || (c.bus === 'gateway' && c.death === 'slow');
    expect(record.filter((c) => c.first < (slow(c) ? 0.65 : 0.9))).toEqual([]);
    // where replies are numbered one of a slow unit may be taken while it might have waited behind others
    expect(record.filter((c) => c.fromTheDead > (c.death === 'slow' && c.bus === 'tcp' ? 1 : 0))).toEqual([]);
  });

  it.each([
    ['slow gateway', 'silent', 'the first 5'],
    ['slow gateway', 'exception 11', '5 of 10'],
    ['gateway', 'slow', '2 of 10'],
    ['gateway', 'exception 4', 'the first 5'],
    ['tcp', 'silent', '5 of 10'],
    ['tcp', 'slow', 'the first 5'],
    ['rtu', 'exception 10', '5 of 10'],
  ] as const)('measured again, %s, %s, %s gives the same figures', async (bus, death, dead) => {
    const before = record.find((c) => c.bus === bus && c.death === death && c.dead === dead);
    expect(await deadCell(bus, death, dead)).toEqual(before);
  });
});
