// State of calls (plugin functions, hit counters): what changes it holds the message until a checkpoint, and nothing else does; every place
// of a statement is saved.
import { describe, expect, it } from 'vitest';
import type { FunctionCatalogue } from '../../src/contract/function.ts';
import { defineAggregate, defineScalar, param } from '../../src/contract/function.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { startRule } from '../helpers/program.ts';

const base = { group: 'plugin', params: [param('x')], returns: 'unknown' as const, keepsState: true as const, doc: '', examples: [] };
/** counts its calls when the argument is positive; negative: as a condition it is false */
const calls = defineScalar({
  ...base,
  name: 'calls',
  nulls: 'pass',
  pure: false,
  compile:
    ([x], site) =>
    (t) => {
      if (Number(x!(t)) > 0) site.state!.incrCounter('n', 1);
      return site.state!.getCounter('n');
    },
});
const never = defineScalar({
  ...base,
  name: 'never',
  nulls: 'pass',
  pure: false,
  compile: (_args, site) => () => {
    site.state!.incrCounter('n', 1);
    return false;
  },
});
const inPlace = defineScalar({
  ...base,
  name: 'inPlace',
  nulls: 'pass',
  pure: false,
  compile: (_args, site) => () => {
    const kept = site.state!.getState('list') as number[] | undefined;
    if (kept) kept.push(1);
    else site.state!.putState('list', [1]);
    return (kept ?? [1]).length;
  },
});
const results = defineAggregate<number>({
  ...base,
  name: 'results',
  init: () => 0,
  add: (n) => n + 1,
  result(_n, site) {
    site.state!.incrCounter('n', 1);
    return site.state!.getCounter('n');
  },
});
const builtin = createFunctionCatalogue();
const own: FunctionCatalogue = {
  get: (name) => ({ calls, never, inPlace, results })[name] ?? builtin.get(name),
  names: () => [...builtin.names(), 'calls', 'never', 'inPlace', 'results'],
};
const start = (sql: string, state?: Record<string, unknown>) => startRule(sql, { functions: own, ...(state ? { state } : {}) });

describe('state of calls', () => {
  it('a call that changed nothing holds no message', () => {
    const r = start('SELECT calls(a) AS x FROM demo');
    r.push('demo', { a: -1 });
    expect(r.touched).toBe(0);
    r.push('demo', { a: 1 });
    expect(r.touched).toBe(1);
  });

  it('a row that WHERE drops holds its message when its call changed state', () => {
    const r = start('SELECT a FROM demo WHERE never(a)');
    r.push('demo', { a: 1 });
    expect(r.results).toEqual([]);
    expect(r.touched).toBe(1);
  });

  it('an object of the state that is changed in place counts as changed', () => {
    const r = start('SELECT inPlace(a) AS x FROM demo');
    r.push('demo', { a: 1 });
    r.push('demo', { a: 1 });
    expect(r.touched).toBe(2);
    const again = start('SELECT inPlace(a) AS x FROM demo', structuredClone(r.running.save()));
    again.push('demo', { a: 1 });
    expect(again.results).toEqual([[{ x: 3 }]]);
  });

  it('hit counters hold messages that they count, and no others', () => {
    const r = start('SELECT last_hit_count() AS x FROM demo WHERE a > 0');
    r.push('demo', { a: -1 });
    expect(r.touched).toBe(0);
    r.push('demo', { a: 1 });
    expect(r.touched).toBeGreaterThan(0);
  });

  it.each([
    ['results(a)', 'SELECT results(a) AS x FROM demo GROUP BY COUNTWINDOW(1)'],
    ['an aggregate without window', 'SELECT results(a) AS x FROM demo'],
    ['an argument of an aggregate', 'SELECT max(calls(a)) AS x FROM demo GROUP BY COUNTWINDOW(1)'],
    ['an argument of an analytic function', 'SELECT latest(calls(a)) AS x FROM demo'],
  ])('%s is saved', (_what, sql) => {
    const first = start(sql);
    for (let i = 0; i < 4; i++) first.push('demo', { a: 1 });
    expect(first.program.stateful).toBe(true);
    const again = start(sql, structuredClone(first.running.save()));
    again.push('demo', { a: 1 });
    expect(again.results).toEqual([[{ x: 5 }]]);
  });
});
