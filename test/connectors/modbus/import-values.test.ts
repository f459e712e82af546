// Every number of the public definitions of ha-solarman, read out of random registers by what its own words say (lowest word first, sign, offset, scale)
// and by the imported profile. The definitions are no part of the repository: KUIPER_PUBLIC_MAPS names a folder with solarman/.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { importMaps } from '../../../src/connectors/modbus/import/index.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { readRegisters } from './read-registers.ts';
import { seeded } from './seeded.ts';

interface Item {
  name: string;
  rule?: number;
  registers?: unknown[];
  scale?: number | number[];
  offset?: number;
  code?: number | { read?: number };
  [key: string]: unknown;
}

/** Keys by which an item is more than a number in registers. */
const MORE = 'lookup mask sensors bit validation range magnitude inverse divide delimiter uint remove value type options multiply'.split(
  ' ',
);

const isNumber = (i: Item): boolean =>
  [1, 2, 3, 4].includes(i.rule ?? 0) &&
  (i.registers?.length ?? 0) > 0 &&
  i.registers!.every((r) => Number.isInteger(r) && (r as number) < 65_536) &&
  !Array.isArray(i.scale) &&
  MORE.every((key) => i[key] === undefined) &&
  /[A-Za-z]/.test(i.name);

/** As the importer names columns. */
const columnOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();

// @covers issue:19#7
it('every number of every public definition of ha-solarman is read right, or the test says that they are absent', {
  timeout: 300_000,
}, () => {
  const folder = path.join(process.env['KUIPER_PUBLIC_MAPS'] ?? '', 'solarman');
  if (!process.env['KUIPER_PUBLIC_MAPS'] || !existsSync(folder)) {
    console.log('The definitions of ha-solarman are absent: set KUIPER_PUBLIC_MAPS to a folder with solarman/.');
    expect(existsSync('solarman')).toBe(false);
    return;
  }
  const random = seeded(19);
  const cells = Object.fromEntries(
    ['holding', 'input'].map((way) => [way, Array.from({ length: 65_536 }, () => Math.floor(random() * 65_536))]),
  );
  let right = 0;
  const wrong: string[] = [];
  const files = readdirSync(folder).filter((f) => f.endsWith('.yaml'));
  for (const file of files) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const doc = parse(text, { maxAliasCount: 1000, uniqueKeys: false, logLevel: 'silent' });
    const profile = parseProfile(importMaps(text, file).profiles[0]!.text, file);
    const values = readRegisters(profile, { 'holding 0': cells['holding']!, 'input 0': cells['input']! });
    const items: Item[] = (doc.parameters ?? []).flatMap((g: { items?: Item[] }) => g.items ?? []);
    for (const i of items.filter(isNumber)) {
      const registers = i.registers as number[];
      const request = (doc.requests ?? []).find((r: { start: number; end: number }) => r.start <= registers[0]! && registers[0]! <= r.end);
      const own = typeof i.code === 'object' ? i.code.read : i.code;
      const code = own ?? request?.mb_functioncode ?? request?.code ?? doc.default?.code?.read ?? doc.default?.code ?? 3;
      let raw = 0n;
      for (const [k, r] of registers.entries()) raw |= BigInt(cells[code === 4 ? 'input' : 'holding']![r]!) << BigInt(16 * k);
      const bits = BigInt(16 * registers.length);
      if ((i.rule === 2 || i.rule === 4) && raw >> (bits - 1n)) raw -= 1n << bits;
      const expected = (Number(raw) - (i.offset ?? 0)) * ((i.scale as number | undefined) ?? 1);
      // items of one name have columns with numbers behind
      const point = profile.points.find(
        (p) => p.name.replace(/_\d+$/, '') === columnOf(i.name).replace(/_\d+$/, '') && p.address === Math.min(...registers),
      );
      const got = point && Number(values[point.name]);
      if (got !== undefined && Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected))) right++;
      else wrong.push(`${file} ${i.name}: ${String(point && values[point.name])} instead of ${expected}`);
    }
  }
  console.log(`solarman: ${files.length} files, ${right} numbers right`);
  expect(wrong).toEqual([]);
  expect(files.length).toBeGreaterThanOrEqual(30);
  expect(right).toBeGreaterThan(1300);
});
