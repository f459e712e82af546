// SQL date_diff(t1, t2).
import { defineScalar, param } from '../../../contract/function.ts';
import { toDateTime } from '../../../data/datetime-from.ts';
import { refuseDateLiterals } from './date-part.ts';

const MAX_NS = 0x7fff_ffff_ffff_ffffn;

export const dateDiff = defineScalar({
  name: 'date_diff',
  group: 'date',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('t1', 'datetime'), param('t2', 'datetime')],
  validate: refuseDateLiterals(0, 1),
  returns: 'bigint',
  doc: 'Nanoseconds from t1 to t2; negative when t2 is earlier. Spans beyond 292 years give the largest value.',
  examples: [
    ['date_diff(a, b)', 86_400_000_000_000n, { a: '2024-01-01', b: '2024-01-02' }],
    ['date_diff(a, b)', -1_000_000_000n, { a: 1000, b: 0 }],
    ['date_diff(a, b)', { error: 'unsupported type to convert to timestamp <nil>' }, { a: null, b: 1 }],
  ],
  compile:
    ([first, second], site) =>
    (row) => {
      const from = toDateTime(first!(row), site.env);
      const to = toDateTime(second!(row), site.env);
      const span = to.epochNs - from.epochNs;
      return span > MAX_NS ? MAX_NS : span < -MAX_NS - 1n ? -MAX_NS - 1n : span;
    },
});
