// SQL sequence(start, stop[, step]).
import { reserve, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { checkLength, goInt } from './go-int.ts';

export const sequence = defineScalar({
  name: 'sequence',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('start', 'any'), param('stop', 'any'), param('step', 'any', { optional: true })],
  countText: (found) => `Expect two or three arguments but found ${found}.`,
  returns: 'array',
  doc: 'Ints from start to stop, both included, by step (default 1 or -1). Arguments are int columns or expressions, not literals, as in eKuiper.',
  examples: [
    ['sequence(a, b)', [1n, 2n, 3n], { a: 1n, b: 3n }],
    ['sequence(a, b)', [0n, -1n, -2n], { a: 0n, b: -2n }],
    ['sequence(a, b, c)', [1n, 4n, 7n, 10n], { a: 1n, b: 10n, c: 3n }],
    ['sequence(a, b)', null, { a: null, b: 3n }],
    ['sequence(1, 3)', { error: 'first argument should be int' }],
    ['sequence(a, b, c)', { error: 'invalid step: should not be zero' }, { a: 1n, b: 3n, c: 0n }],
  ],
  compile: (args, site) => (row) => {
    const values = args.map((arg) => arg(row));
    const start = goInt(values[0], 0, site);
    const stop = goInt(values[1], 1, site);
    const step = values.length > 2 ? goInt(values[2], 2, site) : start < stop ? 1n : -1n;
    if (step === 0n) throw rowError('invalid step: should not be zero');
    const n = (stop - start) / step + 1n;
    if (n < 0n) throw rowError(`a step of ${step} does not lead from ${start} to ${stop}`);
    checkLength(n);
    // ints are objects of their own
    if (n > 16n) {
      reserve(Number(n) * 24);
      spend(Number(n) * 4);
    }
    const out: Value[] = [];
    for (let i = 0n; i < n; i++) out.push(start + i * step);
    return out;
  },
});
