// Source random: values, deduplication, its memory over a restart.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createRandomSource } from '../../../src/connectors/random/index.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

async function run(props: object, numbers: number[], ticks: number, saved?: unknown) {
  const source = createRandomSource(() => numbers.shift() ?? 0);
  await source.configure!('', { interval: 100, ...props });
  if (saved !== undefined) source.rewind!(saved);
  const clock = createVirtualClock();
  const ctx = { ...createTestContext(), clock };
  const rows: Row[] = [];
  await source.open(
    ctx,
    (row) => void rows.push(row as Row),
    () => undefined,
  );
  for (let i = 1; i < ticks; i++) await clock.advance(100);
  await source.close(ctx);
  return { rows, offset: source.offset!() };
}

describe('the source random', () => {
  it('gives one row per interval, with values from that of the pattern up to seed - 1 above it', async () => {
    const { rows, offset } = await run({ seed: 10, pattern: { a: 50, b: -5 } }, [0, 0.999, 0.5, 0.1], 2);
    expect(rows).toEqual([
      { a: 50n, b: 4n },
      { a: 55n, b: -4n },
    ]);
    expect(offset).toBeUndefined();
  });

  it('leaves out what equals one of the last rows, and remembers them over a restart', async () => {
    const first = await run({ seed: 10, pattern: { a: 0 }, deduplicate: 2 }, [0.1, 0.1, 0.2, 0.3, 0.1, 0.3], 6);
    expect(first.rows.map((r) => r['a'])).toEqual([1n, 2n, 3n, 1n]);
    const second = await run({ seed: 10, pattern: { a: 0 }, deduplicate: 2 }, [0.1, 0.3, 0.2], 3, first.offset);
    expect(second.rows.map((r) => r['a'])).toEqual([2n]);
    const all = await run({ seed: 10, pattern: { a: 0 }, deduplicate: -1 }, [0.1, 0.2, 0.3, 0.1, 0.2], 5);
    expect(all.rows.map((r) => r['a'])).toEqual([1n, 2n, 3n]);
  });

  it.each([
    [{ seed: 1 }, 'source `random` property `pattern` is required'],
    [{ seed: 0, pattern: { a: 1 } }, 'source `random` property `seed` must be a positive integer but got 0'],
    [{ seed: 1, pattern: { a: 'x' } }, 'a must be a whole number'],
  ])('refuses %j', (props, text) => {
    expect(() => createRandomSource(() => 0).configure!('', props)).toThrow(text);
  });
});
