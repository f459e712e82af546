// What people who come from another database write: taken, or refused with what is written here instead. Each function that a hint names is there.
// @covers issue:20#1
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import { createFunctionCatalogue } from '../../src/functions/catalogue.ts';
import { startRule, stream } from '../helpers/program.ts';

const source = stream('demo', [
  { name: 'a', type: { kind: 'bigint' } },
  { name: 't', type: { kind: 'string' } },
]);
const refusal = (field: string): string => {
  try {
    startRule(`SELECT ${field} AS r FROM demo`, { sources: [source], sqlCompatibility: 'standard' });
  } catch (error) {
    return messageOf(error);
  }
  return '';
};

describe('another dialect', () => {
  it.each([
    ['list_filter(a, x -> x > 1)', 'array_filter'],
    ['transform(a, x -> x + 1)', 'array_transform'],
    ['strpos(t, "x")', 'indexof'],
    ['any_match(a, x -> x > 1)', 'array_any'],
    ['list_contains(a, 1)', 'array_contains'],
    ['iif(a > 1, 1, 2)', 'if'],
    ['any_value(a)', 'last_value'],
    ['array_agg(a)', 'collect'],
    ['regexp_like(t, "x")', 'regexp_matches'],
    ['percentile(a, 0.5)', 'percentile_cont'],
    ['to_timestamp(a)', 'from_unix_time'],
    ['date_trunc("hour", a)', 'format_time'],
  ])('%s: the hint names %s', (field, name) => {
    expect(refusal(field)).toContain(`hint: use ${name}`);
    expect(createFunctionCatalogue().get(name), name).toBeDefined();
  });

  it.each([
    ['t ILIKE "A%"', 'lower(x) LIKE'],
    ['t SIMILAR TO "a"', 'regexp_matches'],
    ['a // 2', 'floor(a / b)'],
    ['a ** 2', 'power(a, b)'],
    ['filter(a, x -> x > 1)', 'array_filter'],
    ['a IN (SELECT b FROM demo)', 'use a join'],
    ['a IS DISTINCT FROM 3', 'coalesce(x != y, isnull(x) != isnull(y))'],
    ['* EXCLUDE (a)', '* EXCEPT'],
  ])('%s: the hint says %s', (field, words) => {
    expect(refusal(field)).toMatch(/hint: /);
    expect(refusal(field)).toContain(words);
  });
});
