// SQL to_seconds(t).
import { defineScalar, param } from '../../../contract/function.ts';
import { toDateTime } from '../../../data/datetime-from.ts';

const NS_PER_SEC = 1_000_000_000n;

export const toSeconds = defineScalar({
  name: 'to_seconds',
  group: 'date',
  since: '0.1.0',
  pure: false, // a text such as "10:30" is today's
  nulls: 'null-or-empty',
  params: [param('t', 'any')],
  returns: 'bigint',
  doc: 'Whole seconds since 1970, rounded down.',
  examples: [
    ['to_seconds("2024-01-01")', 1704067200n],
    ['to_seconds(a)', -1n, { a: -1 }],
    ['to_seconds(a)', null, { a: null }],
    ['to_seconds(a)', { error: "Can't parse string as time: not a date" }, { a: 'not a date' }],
  ],
  compile:
    ([t], site) =>
    (row) => {
      const ns = toDateTime(t!(row), site.env).epochNs;
      const seconds = ns / NS_PER_SEC;
      return ns % NS_PER_SEC < 0n ? seconds - 1n : seconds;
    },
});
