// The lists of mutations fit the code that they change, and their record has no unexplained survivor.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AreaRecord, readLists } from '../../scripts/mutate.ts';
import { applyMutation } from './mutation.ts';

const lists = await readLists();

describe('the lists of mutations', () => {
  it.each(lists.map((l) => [l.area, l] as const))(
    'in area %s, each changes exactly one place of its file and has its own id',
    (_area, list) => {
      for (const m of list.mutations) expect(applyMutation(m, readFileSync(m.file, 'utf8'))).not.toBe(readFileSync(m.file, 'utf8'));
      expect(new Set(list.mutations.map((m) => m.id)).size).toBe(list.mutations.length);
      for (const t of [...list.tests, ...(list.slowTests ?? [])])
        expect(existsSync(t), `${t} of area ${list.area} does not exist`).toBe(true);
    },
  );

  // @covers issue:14#4
  it('have a record in which every mutation is killed or explained as equivalent', () => {
    const record = JSON.parse(readFileSync('test/mutations/record.json', 'utf8')) as Record<string, AreaRecord>;
    for (const [area, r] of Object.entries(record)) {
      expect(r.survived, `area ${area}`).toEqual([]);
      expect(r.killed + r.equivalent).toBe(r.mutants);
    }
  });

  it('are refused when their text is missing, ambiguous or unchanged', () => {
    const m = { id: 'x', file: 'f', find: 'a', replace: 'b' };
    expect(applyMutation(m, 'xay')).toBe('xby');
    expect(() => applyMutation(m, 'xyz')).toThrow('mutation x: "a" is not in f');
    expect(() => applyMutation(m, 'aa')).toThrow('mutation x: "a" is in f more than once');
    expect(() => applyMutation({ ...m, replace: 'a' }, 'a')).toThrow('mutation x changes nothing');
  });
});
