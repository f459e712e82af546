// SQL deduplicate(expr, all).
import { rowError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, defineAggregate, param } from '../../contract/function.ts';
import { formatV } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { expectType, isConditionFact } from '../literal-kinds.ts';

/** Plain data. */
interface Seen {
  rows: number;
  /** The second argument: its first value that is not null. */
  all: Value;
  keys: Set<string>;
  /** Rows whose key came for the first time, in order; only the last row's for `all` false. */
  firsts: Value[];
}

export const deduplicate = defineAggregate<Seen>({
  name: 'deduplicate',
  group: 'aggregate',
  since: '0.1.0',
  params: [param('expr', 'any'), param('all', 'any')],
  validate: (args: readonly ArgFact[]) => {
    if (!isConditionFact(args[1])) throw expectType('bool', 2);
  },
  returns: 'unknown',
  rowFirst: true,
  doc:
    'all = true: array of the first row of each value of expr (compared as text). all = false: the last row of the window if its value ' +
    'did not come before in the window, else null.',
  examples: [
    ['deduplicate(a, true)', [{ a: 5 }], { a: 5 }],
    ['deduplicate(a, false)', { a: null }, { a: null }],
  ],
  init: () => ({ rows: 0, all: null, keys: new Set(), firsts: [] }),
  add: (state, row: Value, v: Value, all: Value) => {
    state.rows++;
    state.all ??= all;
    const key = formatV(v);
    const isNew = !state.keys.has(key);
    if (isNew) state.keys.add(key);
    if (state.all !== true) state.firsts = [];
    if (isNew) state.firsts.push(row);
    return state;
  },
  result: (state) => {
    if (state.rows === 0) return null;
    if (typeof state.all !== 'boolean') throw rowError('Invalid argument type found.');
    return state.all ? state.firsts.slice() : (state.firsts[0] ?? null);
  },
});
