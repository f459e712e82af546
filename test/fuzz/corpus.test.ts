// Every fuzz target over its kept corpus and some mutations of it: what was once found and mended stays mended. `make fuzz` searches on.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCorpus, writeCorpus } from '../../scripts/fuzz/corpus.ts';
import { createLoop } from '../../scripts/fuzz/loop.ts';
import type { FuzzRecord } from '../../scripts/fuzz/record.ts';
import { bytesOf } from '../../scripts/fuzz/target.ts';
import { targets } from '../../scripts/fuzz/targets/index.ts';

/** Mutated inputs per target, of one fixed sequence. */
const MUTATIONS = 192;

describe('each fuzz target', () => {
  // @covers issue:13#7
  it.each(targets.map((t) => [t.name, t] as const))('%s: the kept corpus and its mutations find nothing', async (name, target) => {
    const faults: string[] = [];
    let ran = 0;
    const run = await target.load();
    const corpus = [...target.seeds.map(bytesOf), ...readCorpus(name)];
    for (const input of corpus) await run(input);
    const loop = createLoop({
      target,
      run,
      seed: 20_261_130,
      corpus,
      before: () => ran++,
      fault: (input, error) => faults.push(`${JSON.stringify(Buffer.from(input).toString('latin1'))}: ${(error as Error).stack}`),
    });
    await loop.go(MUTATIONS);
    expect(faults).toEqual([]);
    expect(ran).toBe(MUTATIONS);
  });

  it('has a name of its own, words for people, and seeds', () => {
    expect(targets.length).toBeGreaterThanOrEqual(20);
    expect(new Set(targets.map((t) => t.name)).size).toBe(targets.length);
    for (const t of targets) {
      expect(t.doc.length, t.name).toBeGreaterThan(10);
      expect(t.seeds.length, t.name).toBeGreaterThan(0);
    }
  });
});

describe('the corpus', () => {
  it('keeps any bytes as they are', async () => {
    const { mkdtempSync, rmSync } = await import('node:fs');
    const folder = mkdtempSync('/tmp/kuiper-corpus-');
    const inputs = [Uint8Array.from({ length: 256 }, (_, i) => i), new Uint8Array(0), Buffer.from('a\n"b')];
    writeCorpus('x', inputs, folder);
    expect(readCorpus('x', folder).map((i) => [...i])).toEqual(inputs.map((i) => [...i]));
    expect(readFileSync(path.join(folder, 'x.txt'), 'utf8')).toMatch(/^[\x20-\x7e\n]*$/);
    rmSync(folder, { recursive: true });
  });
});

describe('the committed record', () => {
  // @covers issue:13#7
  it('counts at least 20 targets with a million inputs each, and nothing that is found is left open', () => {
    const record = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../bench/results/fuzz.json'), 'utf8')) as FuzzRecord;
    const counts = Object.values(record.targets).map((t) => t.guided + t.mutated);
    expect(counts.filter((n) => n >= 1_000_000).length).toBeGreaterThanOrEqual(20);
    expect(record.totals.guided + record.totals.mutated).toBe(counts.reduce((a, b) => a + b, 0));
    expect(Object.keys(record.targets).sort()).toEqual(targets.map((t) => t.name).sort());
  });

  // @covers issue:13#7
  it('of injected faults breaks no promise', () => {
    const record = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../bench/results/faults.json'), 'utf8')) as {
      runs: number;
      broken: string[];
    };
    expect(record.runs).toBeGreaterThanOrEqual(30);
    expect(record.broken).toEqual([]);
  });
});
