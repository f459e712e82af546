import { expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { formatDateTime } from '../../src/data/datetime-format.ts';
import { toDateTime } from '../../src/data/datetime-from.ts';
import { compileDatePattern } from '../../src/data/datetime-pattern.ts';

const env = { timeZone: 'Asia/Shanghai', clock: { now: () => 0 } };

it('numbers are milliseconds in the configured zone, fractions of one are cut', () => {
  expect(toDateTime(1500.9, env)).toEqual(new DateTime(1_500_000_000n, 'Asia/Shanghai'));
  expect(toDateTime(-1n, env)).toEqual(new DateTime(-1_000_000n, 'Asia/Shanghai'));
});

it('a datetime keeps its zone', () => {
  const t = new DateTime(5n, '+01:00');
  expect(toDateTime(t, env)).toBe(t);
});

it.each([
  [null, '<nil>'],
  [undefined, '<nil>'],
  [true, 'true'],
  [[1, 2], '[1 2]'],
  [{ a: 1 }, 'map[a:1]'],
  [Number.NaN, 'NaN'],
  [1e237, '1e+237'],
  [-9.3e18, '-9.3e+18'],
  [10n ** 30n, '1000000000000000000000000000000'],
])('refuses %o', (v, text) => {
  expect(() => toDateTime(v, env)).toThrow(`unsupported type to convert to timestamp ${text}`);
});

// @covers issue:13#7
it.each(['UTC', 'Asia/Shanghai', '+05:30'])('the farthest points in time have a text in %s', (timeZone) => {
  const pattern = compileDatePattern('yyyy MMMM d EEEE HH:mm z XXX');
  for (const v of [2 ** 63, -(2 ** 63), 2n ** 63n - 1n, -(2n ** 63n), 8.65e15, -8.65e15])
    expect(formatDateTime(toDateTime(v, { ...env, timeZone }), pattern)).toMatch(/^-?\d{6,9} [A-Z][a-z]+ \d+ \w+day /);
});
