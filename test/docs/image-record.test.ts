// The record of the image test: what was checked, when, on which source and image. It is older than the release that it is for by no more than a month, says the
// result of every check, and what failed is told where an owner reads it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ImageRecord } from '../image/record.ts';

const DAY_MS = 86_400_000;
const read = (path: string) => readFileSync(path, 'utf8');
const record = JSON.parse(read('test/image/record.json')) as ImageRecord;
/** The time of the release, which changes with it and never by the clock. */
const epochMs = Number(/^KUIPER_SOURCE_DATE_EPOCH=(\d+)$/m.exec(read('image/config/build.env'))![1]) * 1000;

describe('the record of the image test', () => {
  // @covers issue:16#5
  test('has every machine of the test, each with source, image and time, and none is older than a month before the release', () => {
    const parts = [...read('test/image/main.ts').matchAll(/^ {2}(\w+)(?:: \(report\)|,$)/gm)].map((m) => m[1]!);
    expect(parts.length).toBeGreaterThanOrEqual(4);
    for (const part of parts) {
      const entry = record[part];
      expect(entry, `${part}: make test-image ARGS="--part=${part} --record"`).toBeDefined();
      const { commit, image, at, checks } = entry!;
      expect(commit, part).toMatch(/^[0-9a-f]{12}$/);
      expect(image, part).toMatch(/^[0-9a-f]{64}$/);
      expect(Date.parse(at), `${part} was last run at ${at}`).toBeGreaterThan(epochMs - 31 * DAY_MS);
      expect(checks.length, part).toBeGreaterThan(0);
    }
    expect(Object.keys(record).toSorted()).toEqual(parts.toSorted());
  });

  test('names each check once and says what came of it', () => {
    for (const [part, { checks }] of Object.entries(record)) {
      expect(new Set(checks.map((c) => c.name)).size, part).toBe(checks.length);
      for (const { name, ok, seconds, note } of checks)
        expect([typeof name, typeof ok, typeof seconds, typeof note]).toEqual(['string', 'boolean', 'number', 'string']);
    }
  });

  // @covers issue:16#5
  test('what failed is told in docs/appliance/tested.md, by the name of the check', () => {
    const page = read('docs/appliance/tested.md');
    const failed = Object.values(record).flatMap(({ checks }) => checks.filter((c) => !c.ok).map((c) => c.name));
    expect(failed.filter((name) => !page.includes(name))).toEqual([]);
  });
});
