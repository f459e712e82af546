// Positions of partitions: never behind an open message, whatever order the answers come in.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Positions } from '../../../src/connectors/kafka/positions.ts';

it('commits behind the last message before which none is open, for any order of answers in any number of partitions', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.nat()), { minLength: 1, maxLength: 40 }), (list) => {
      const positions = new Positions();
      const next = [10n, 20n, 30n];
      const all = list.map(([partition, order]) => {
        const offset = next[partition]!;
        next[partition] = offset + 1n;
        return { partition, offset, order, done: positions.begin(partition, offset), answered: false };
      });
      expect(positions.open).toBe(all.length);
      for (const m of [...all].sort((a, b) => a.order - b.order)) {
        m.done();
        m.done();
        m.answered = true;
        for (const { partition, offset } of positions.moved()) {
          const mine = all.filter((x) => x.partition === partition);
          const firstOpen = mine.find((x) => !x.answered);
          expect(offset).toBe(firstOpen ? firstOpen.offset : mine.at(-1)!.offset + 1n);
        }
      }
      expect(positions.open).toBe(0);
      const moved = positions.moved();
      positions.committed(moved);
      expect(positions.moved()).toEqual([]);
    }),
  );
});

it('forgets what was open when a partition comes back from an earlier position: late answers of before count for nothing', () => {
  const positions = new Positions();
  const old = [positions.begin(0, 5n), positions.begin(0, 6n)];
  const again = positions.begin(0, 5n);
  expect(positions.open).toBe(1);
  for (const done of old) done();
  expect(positions.moved()).toEqual([]);
  again();
  expect(positions.moved()).toEqual([{ partition: 0, offset: 6n }]);
  expect(positions.open).toBe(0);
});

it('knows how far each partition has come, and what is open before that', () => {
  const positions = new Positions();
  const done = [positions.begin(0, 5n), positions.begin(0, 7n), positions.begin(1, 0n)];
  const ends = positions.ends();
  expect([...ends]).toEqual([
    [0, 8n],
    [1, 1n],
  ]);
  positions.begin(0, 8n);
  expect(positions.openBefore(ends)).toBe(3);
  done[1]!();
  expect(positions.openBefore(ends)).toBe(2);
  done[0]!();
  done[2]!();
  expect(positions.openBefore(ends)).toBe(0);
  expect(positions.openBefore(new Map([[0, 9n]]))).toBe(1);
});
