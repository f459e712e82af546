// The fuzzer finds what it is there for: a mistake of each kind is planted, and found within a bounded number of inputs.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { watch } from '../../scripts/fuzz/watch.ts';

const targetsFile = path.join(import.meta.dirname, 'planted.ts');
const find = (target: string, guided = true) =>
  watch({ targetsFile, target, guided, seed: 7, count: 150_000, corpus: [], maxFindings: 1, hangCpuMs: 600 });

describe('the fuzzer', () => {
  // @covers issue:13#7
  it.each([
    ['off-by-one', 'fault', /RangeError.*Offset is outside/s],
    ['unescaped', 'fault', /comes back changed/],
    ['quadratic', 'hang', /of the processor/],
    ['endless', 'hang', /of the processor/],
    ['wrong-class', 'fault', /TypeError/],
  ])('finds the planted mistake "%s" as a %s', async (target, kind, text) => {
    const { findings } = await find(target);
    expect(findings.map((f) => f.kind)).toEqual([kind]);
    expect(findings[0]!.text).toMatch(text);
    expect(findings[0]!.input.length).toBeGreaterThan(0);
  });

  // @covers issue:13#7
  it('goes on behind a hang, and counts inputs and branches', async () => {
    const { findings, executions } = await watch({
      targetsFile,
      target: 'endless',
      guided: true,
      seed: 7,
      count: 150_000,
      corpus: [],
      maxFindings: 2,
      hangCpuMs: 600,
    });
    expect(findings.map((f) => f.kind)).toEqual(['hang', 'hang']);
    expect(executions).toBeGreaterThan(100);
    const guided = await watch({ targetsFile, target: 'wrong-class', guided: true, seed: 1, count: 300, corpus: [] });
    expect(guided.edges).toBeGreaterThan(5);
    expect(guided.corpus.length).toBeGreaterThan(1);
  });
});
