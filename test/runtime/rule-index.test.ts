// The index may call too many rules, never too few: against a plain evaluation of all predicates, with random rules and values.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eq, ge, gt, le, lt } from '../../src/data/compare.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';
import type { IndexConjunct } from '../../src/exec/operator.ts';
import { createRuleIndex } from '../../src/runtime/source/rule-index.ts';

const compare = { '=': eq, '<': lt, '<=': le, '>': gt, '>=': ge };

/** What WHERE says: passes, does not, or an error that must be counted. */
function evaluate(conjuncts: readonly IndexConjunct[], row: Record<string, Value>): 'yes' | 'no' | 'error' {
  try {
    for (const c of conjuncts) {
      const v = row[c.column];
      if (c.op === 'prefix') {
        if (typeof v !== 'string') return 'error';
        if (!v.startsWith(c.value)) return 'no';
      } else if (v === undefined || v === null) return 'no';
      else if (c.op === 'in') {
        if (typeof v === 'object') return 'error';
        if (!(c.values as readonly Value[]).some((item) => eq(v, item))) return 'no';
      } else if (!compare[c.op](v, c.value as Value)) return 'no';
    }
    return 'yes';
  } catch {
    return 'error';
  }
}

const literal = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.double({ min: -5, max: 5, noNaN: true }),
  fc.bigInt({ min: -2n, max: 2n }),
  fc.constantFrom(2n ** 60n, 2n ** 60n + 1n),
  fc.constantFrom('a', 'b', ''),
  fc.boolean(),
);
const column = fc.constantFrom('x', 'y');
const conjunct = fc.oneof(
  { weight: 3, arbitrary: fc.record({ input: fc.constant(0), column, op: fc.constantFrom('=', '<', '<=', '>', '>='), value: literal }) },
  fc.record({ input: fc.constant(0), column, op: fc.constant('in'), values: fc.array(fc.constantFrom('a', 'b', ''), { maxLength: 3 }) }),
  fc.record({
    input: fc.constant(0),
    column,
    op: fc.constant('in'),
    values: fc.array(fc.constantFrom(0, -0, 1.5, 2, -1), { maxLength: 3 }),
  }),
  fc.record({ input: fc.constant(0), column, op: fc.constant('prefix'), value: fc.constantFrom('a', 'ab', 'b', 'aba') }),
) as fc.Arbitrary<IndexConjunct>;
const value: fc.Arbitrary<Value> = fc.oneof(
  literal,
  fc.constantFrom(null, undefined, Number.NaN, -0, 'ab', 'aba', 'abc'),
  fc.constant([1] as Value),
  fc.constant({} as Value),
);

class Probe {
  calls = 0;
  push(): void {
    this.calls++;
  }
}

describe('rule index', () => {
  const slots = ['x', 'y'];
  const slotOf = (column: string) => slots.indexOf(column);

  it('never leaves a rule out that passes or fails on the row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(conjunct, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
        fc.array(fc.tuple(value, value)),
        (rules, rows) => {
          const index = createRuleIndex<Probe>();
          const probes = rules.map((r) => {
            const probe = new Probe();
            return { probe, filed: index.add(probe, r, slotOf) };
          });
          for (const [x, y] of rows) {
            for (const p of probes) p.probe.calls = 0;
            index.dispatch(new Tuple([x, y], 0));
            rules.forEach((r, i) => {
              const p = probes[i]!;
              expect(p.probe.calls).toBeLessThanOrEqual(1);
              // a rule that only fails because of a later conjunct of another column is skipped when the filed one says no, as AND does
              if (p.filed && evaluate(r, { x, y }) === 'yes') expect(p.probe.calls).toBe(1);
            });
          }
        },
      ),
    );
  });

  it('calls a rule whose literal is of another type than the value, so that the error is counted', () => {
    const index = createRuleIndex<Probe>();
    const probe = new Probe();
    index.add(probe, [{ input: 0, column: 'x', op: '=', value: 'a' }], slotOf);
    index.dispatch(new Tuple([5], 0));
    expect(probe.calls).toBe(1);
    index.dispatch(new Tuple(['b'], 0));
    index.dispatch(new Tuple([null], 0));
    expect(probe.calls).toBe(1);
  });

  it('finds ranges and equalities, and forgets rules that leave', () => {
    const index = createRuleIndex<Probe>();
    const probes = Array.from({ length: 100 }, (_, i) => {
      const probe = new Probe();
      index.add(
        probe,
        [
          { input: 0, column: 'x', op: '>=', value: i },
          { input: 0, column: 'x', op: '<', value: i + 1 },
        ],
        slotOf,
      );
      return probe;
    });
    index.dispatch(new Tuple([42.5], 0));
    expect(probes.flatMap((p, i) => (p.calls ? [i] : []))).toEqual([42]);
    for (const p of probes) index.remove(p);
    expect(index.size).toBe(0);
    index.dispatch(new Tuple([42.5], 0));
    expect(probes[42]!.calls).toBe(1);
  });
});
