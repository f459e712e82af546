// The heap of moments, against a plain list.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Due, DueHeap } from '../../src/windows/due-heap.ts';

describe('heap of moments', () => {
  test('any sequence of set, change, remove and take gives what a sorted list gives', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('set' as const), thing: fc.nat(30), atMs: fc.nat(100) }),
      fc.record({ what: fc.constant('remove' as const), thing: fc.nat(30), atMs: fc.constant(0) }),
      fc.record({ what: fc.constant('never' as const), thing: fc.nat(30), atMs: fc.constant(0) }),
      fc.record({ what: fc.constant('take' as const), thing: fc.constant(0), atMs: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const heap = new DueHeap<Due>();
        const things = Array.from({ length: 31 }, () => new Due());
        let list: { thing: Due; atMs: number; seq: number }[] = [];
        let seq = 0;
        const first = () => list.toSorted((a, b) => a.atMs - b.atMs || a.seq - b.seq)[0];
        for (const { what, thing: number, atMs } of steps) {
          const thing = things[number] as Due;
          if (what === 'set') {
            heap.set(thing, atMs);
            if (list.find((e) => e.thing === thing)?.atMs === atMs) continue;
            list = [...list.filter((e) => e.thing !== thing), { thing, atMs, seq: seq++ }];
          } else if (what === 'take') {
            const due = first();
            const expected = due && due.atMs <= atMs ? due.thing : undefined;
            expect(heap.dueAt(atMs)).toBe(expected);
            if (expected === undefined) continue;
            heap.remove(expected);
            list = list.filter((e) => e.thing !== expected);
          } else {
            if (what === 'remove') heap.remove(thing);
            else heap.set(thing, Number.POSITIVE_INFINITY);
            list = list.filter((e) => e.thing !== thing);
          }
          expect(heap.size).toBe(list.length);
          expect(heap.next()).toBe(first()?.atMs ?? Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('moments that change a million times leave nothing behind', () => {
    const heap = new DueHeap<Due>();
    const a = new Due();
    for (let i = 0; i < 100_000; i++) heap.set(a, 1_000_000 - i);
    expect(heap.next()).toBe(900_001);
    expect(heap.size).toBe(1);
  });
});
