// What the type checker must believe may only become less: `x!` and `x as T` in src are counted against docs/ratchets.json.
import { expect, it } from 'vitest';
import { countAll, countIn, recorded } from '../../scripts/ratchets.ts';

// @covers issue:14#10
it.each([
  ['const a = b!.c + list[0]!;', 2, 0],
  ['f(x!, (y as Row)!);', 2, 1],
  ['const t = [1] as const; const u = t as unknown as number[];', 0, 2],
  ["import { a as b } from './c.ts';\nexport { d as e } from './f.ts';", 0, 0],
  ["const sql = 'SELECT a as b!'; // c as d!\n/* e as F */ if (a !== b && !c) f();", 0, 0],
  ['const s = `${(x as Y).z!}`;', 1, 1],
])('counts what must be believed in %j', (code, nonNull, casts) => {
  expect(countIn(code)).toEqual({ nonNull, casts });
});

// @covers issue:14#10
it('src has no more places that the type checker must believe than before', () => {
  const { all, files } = countAll();
  const before = recorded();
  const most = [...files].sort(([, a], [, b]) => b.nonNull + b.casts - a.nonNull - a.casts).slice(0, 5);
  const hint = `narrow the type instead; most have ${most.map(([f, c]) => `${f} (${c.nonNull + c.casts})`).join(', ')}`;
  expect(all.nonNull, `x!: ${hint}`).toBeLessThanOrEqual(before.nonNull);
  expect(all.casts, `x as T: ${hint}`).toBeLessThanOrEqual(before.casts);
});
