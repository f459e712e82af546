import { expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { toDateTime } from '../../src/data/datetime-from.ts';

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
])('refuses %j', (v, text) => {
  expect(() => toDateTime(v, env)).toThrow(`unsupported type to convert to timestamp ${text}`);
});
