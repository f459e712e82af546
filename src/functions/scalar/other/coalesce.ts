// SQL coalesce(a, b, …).
import { defineScalar, type Expr, inStandard, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

export const coalesce = inStandard(
  defineScalar({
    name: 'coalesce',
    group: 'other',
    since: '0.1.0',
    pure: true,
    nulls: 'pass',
    oneType: true,
    params: [param('first', 'any'), param('more', 'any', { optional: true, rest: true })],
    countText: () => 'The arguments should be at least one.',
    returns: 'unknown',
    doc: 'The first argument that is not null. All arguments are evaluated.',
    examples: [
      ['coalesce(a, 9)', 9n, { a: null }],
      ['coalesce(a, 9)', '', { a: '' }],
      ['coalesce(a)', null, { a: null }],
      ['coalesce()', { error: 'The arguments should be at least one.' }],
    ],
    exec: (...args: Value[]) => {
      for (const arg of args) if (arg != null) return arg;
      return null;
    },
  }),
  {
    doc: 'The first argument that is not null. Those behind it are not evaluated. All have one type: ints beside a float are floats.',
    compile: (args: readonly Expr[]) => (t) => {
      for (let i = 0; i < args.length; i++) {
        const v = args[i]!(t);
        if (v != null) return v;
      }
      return null;
    },
  },
);
