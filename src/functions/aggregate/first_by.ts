// SQL first_by(expr, time).
import { defineAggregate, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { type ByTime, noneYet, takeByTime, timeKey } from './by-time.ts';

export const firstBy = defineAggregate<ByTime>({
  name: 'first_by',
  group: 'aggregate',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('expr', 'any'), param('time', 'any')],
  returns: 'same',
  doc: 'Value of expr in the row with the smallest time (a number or datetime), whatever the order in which the rows came; null values count. Rows whose time is null do not.',
  examples: [
    ['first_by(a, b)', 5, { a: 5, b: 1 }],
    ['first_by(a, b)', null, { a: 5, b: null }],
    ['first_by(a, b)', { error: 'a time must be a number or a datetime' }, { a: 5, b: 'x' }],
  ],
  init: noneYet,
  check: (_value: Value, time: Value) => void timeKey(time),
  add: (state, value: Value, time: Value) => takeByTime('first', state, value, timeKey(time)),
  merge: (a, b) => takeByTime('first', a, b.value, b.at),
  result: (state) => state.value,
});
