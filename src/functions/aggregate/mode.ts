// SQL mode(expr).
import { reserve } from '../../base/budget.ts';
import { defineAggregate, param } from '../../contract/function.ts';
import { groupKeyOf } from '../../data/group-key.ts';
import type { Value } from '../../data/value.ts';

export const mode = defineAggregate<Map<string, { value: Value; n: number }>>({
  name: 'mode',
  group: 'aggregate',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('expr', 'any')],
  returns: 'same',
  doc: 'The value that occurs most often; of several the one that came first. Nulls are ignored; null without values.',
  examples: [
    ['mode(a)', 5, { a: 5 }],
    ['mode(a)', 'x', { a: 'x' }],
    ['mode(a)', null, { a: null }],
  ],
  init: () => new Map(),
  add: (counts, v: Value) => {
    if (v == null) return counts;
    const key = groupKeyOf(v);
    const known = counts.get(key);
    if (known) known.n++;
    else {
      reserve(64 + key.length);
      counts.set(key, { value: v, n: 1 });
    }
    return counts;
  },
  merge: (a, b) => {
    for (const [key, { value, n }] of b) {
      const known = a.get(key);
      if (known) known.n += n;
      else a.set(key, { value, n });
    }
    return a;
  },
  result: (counts) => {
    let best: { value: Value; n: number } | undefined;
    for (const c of counts.values()) if (!best || c.n > best.n) best = c;
    return best?.value ?? null;
  },
});
