// Counters of branches: the code does the same as before, on the same lines, and each branch is told apart.
import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createCoverage } from '../../scripts/fuzz/coverage.ts';
import { instrument } from '../../scripts/fuzz/instrument.ts';

const CODE = `
const twice = (x: number) => ({ a: x * 2 }) as { a: number };
function strict(this: unknown): boolean { 'use strict'; return this === undefined }
function kind(v: unknown): string {
  if (v === null) return 'null'; else if (typeof v === 'number') return v < 0 ? 'minus' : (v as number) > 9 ? 'big' : 'small';
  switch (v) {
    case 'a': case 'b': return 'letter';
    case true: { return 'yes' }
    default:
  }
  try { JSON.parse(v as string) } catch { return 'no json' }
  let n = 0;
  for (const c of String(v)) if (c === '1') n++; else continue;
  do n++; while (n < 3);
  const none: string | null = null;
  return (v && String(n)) || (none ?? 'none') as string;
}
const line = () => new Error().stack!.split('\\n')[1]!.match(/:(\\d+):/)![1];
[twice(2), strict(), [null, -1, 10, 3, 'a', 'b', true, 'x', '12', false].map(kind), line()]`;

const run = (code: string, counts?: Uint32Array): unknown =>
  JSON.stringify(runInNewContext(stripTypeScriptTypes(code), counts ? { $branches: counts } : {}));

describe('counters of branches', () => {
  // @covers issue:13#7
  it('change nothing in what the code does, nor its lines', () => {
    let used = 0;
    const code = instrument(CODE, 'ts', () => used++);
    const counts = new Uint32Array(used);
    expect(run(code, counts)).toBe(run(CODE));
    expect(code.split('\n')).toHaveLength(CODE.split('\n').length);
    // each has run; some more than once
    expect([...counts].filter((n) => n === 0)).toEqual([]);
    expect(used).toBeGreaterThan(20);
    expect(Math.max(...counts)).toBeGreaterThan(5);
  });

  // @covers issue:13#7
  it('tell a new branch, and one that runs far more often than before', () => {
    const counts = new Uint32Array(4);
    const coverage = createCoverage({ counts, used: 3 });
    const ran = (...n: number[]) => {
      counts.set(n);
      return coverage.take();
    };
    expect(ran(1, 0, 0)).toBe(true);
    expect(ran(5, 0, 0)).toBe(false);
    expect(ran(1, 1, 0)).toBe(true);
    expect(coverage.edges).toBe(2);
    expect(coverage.work).toBe(2);
    expect(ran(90, 0, 0)).toBe(true);
    expect(ran(130, 0, 0)).toBe(false);
    expect(ran(140, 0, 0)).toBe(true);
    expect(coverage.edges).toBe(2);
    // set back: nothing ran
    expect(coverage.take()).toBe(false);
    expect(coverage.work).toBe(0);
  });
});
