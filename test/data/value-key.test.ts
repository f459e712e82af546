import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepEqual } from '../../src/data/compare.ts';
import { DateTime } from '../../src/data/datetime.ts';
import type { Value } from '../../src/data/value.ts';
import { equalityKey } from '../../src/data/value-key.ts';

const leaf: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(null, undefined, true, false, 0, -0, 1, 1n, 0n, 1.5, Number.NaN, Infinity, '', 'a', '1', 'n', 's1:a', '[0:', '{'),
  fc.constantFrom<Value>(new DateTime(5n), new DateTime(5n, 'Asia/Tokyo'), new DateTime(6n), new Uint8Array([1]), new Uint8Array([0xff])),
);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '1:a'), tie('value'), { maxKeys: 3 }),
  ),
}));
/** The same value with other objects, members in other order, null for absent. */
const copyOf = (v: Value): Value => {
  if (v == null) return v === null ? undefined : null;
  if (Array.isArray(v)) return v.map(copyOf);
  if (v instanceof Uint8Array) return new Uint8Array(v);
  if (typeof v !== 'object' || v instanceof DateTime) return v === 0 ? -v : v;
  return Object.fromEntries(
    Object.keys(v)
      .reverse()
      .map((k) => [k, copyOf((v as Record<string, Value>)[k])]),
  );
};

describe('keys of equality', () => {
  // @covers finding:security#D1
  it('two values have the same key exactly when they are deeply equal', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const pairs: [Value, Value][] = [
          [a, b],
          [a, copyOf(a)],
          [[a, b], copyOf([a, b])],
        ];
        for (const [x, y] of pairs) {
          const key = equalityKey(x);
          expect(key !== undefined && key === equalityKey(y)).toBe(deepEqual(x, y));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a value with a NaN in it equals nothing and has no key', () => {
    expect(equalityKey([1, [Number.NaN]])).toBeUndefined();
    expect(equalityKey({ a: Number.NaN })).toBeUndefined();
  });
});
