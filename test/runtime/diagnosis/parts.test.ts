// The parts that health asks: whether failures go on, what a sample shows, how often messages come, what the watch writes.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createLog, createMemoryLog } from '../../../src/base/log.ts';
import { Failing } from '../../../src/runtime/diagnosis/failing.ts';
import { Growth } from '../../../src/runtime/diagnosis/growth.ts';
import { Rhythm } from '../../../src/runtime/diagnosis/rhythm.ts';
import { sampleOf, shownColumn } from '../../../src/runtime/diagnosis/sample.ts';
import { createRuleWatch } from '../../../src/runtime/diagnosis/watch.ts';
import { repeat, world } from './world.ts';

const DAY = 86_400_000;

/** @param pattern f = a row fails, . = it does not */
function failing(pattern: string): { on: boolean; f: Failing } {
  const f = new Failing();
  [...pattern].forEach((c, i) => {
    if (c === 'f') f.happened(new Error('no'), i + 1, i * 1000, () => 's');
  });
  return { on: f.isOn(pattern.length), f };
}

describe('failures go on', () => {
  test.each([
    ['f', true],
    ['ffff', true],
    ['ffff.', true],
    ['ffff..', false],
    ['f.', false],
    ['.'.repeat(50) + 'f.', false],
    ['.f.f.f.', true],
    ['.f.f.f....', false],
    ['', false],
    ['....', false],
    ['f' + '.'.repeat(10) + 'f.', false],
    ['f' + '.'.repeat(9) + 'f.', true],
  ])('after the rows "%s": %s', (pattern, on) => {
    expect(failing(pattern).on).toBe(on);
  });

  test('with the time of the first one of the series, and its number', () => {
    const { f } = failing('f' + '.'.repeat(30) + 'fff');
    expect(f).toMatchObject({ count: 4, series: 3, sinceMs: 31_000, lastAtMs: 33_000, reason: 'no', sample: 's' });
    expect(f.share()).toBe('every row');
  });

  test('without making a sample more than once a second', () => {
    const f = new Failing();
    let samples = 0;
    for (let i = 0; i < 1000; i++) f.happened(new Error(`no ${i}`), i + 1, i, () => String(++samples));
    expect(samples).toBe(1);
    f.happened(new Error('later'), 1001, 1000, () => String(++samples));
    expect(f).toMatchObject({ sample: '2', reason: 'later', count: 1001 });
  });
});

describe('a sample', () => {
  test('is 80 characters at most, without secrets and control characters', () => {
    const text = sampleOf(Buffer.from(`{"password":"geheim99","a":"x\ny","b":"${'z'.repeat(200)}"}`));
    expect(text).toHaveLength(80);
    expect(text).toContain('{"password":"******","a":"x y"');
  });

  test('shows bytes that are no text in hex', () => {
    expect(sampleOf(new Uint8Array([0, 1, 2, 255]))).toBe('0x000102ff');
    expect(sampleOf(new Uint8Array(1000).fill(0)).length).toBe(80);
  });

  test('of a row shows it as JSON, of nothing is empty', () => {
    expect(sampleOf({ a: 1, token: 'abcdefgh' })).toBe('{"a":1,"token":"******"}');
    expect(sampleOf(undefined)).toBe('');
  });

  test('of a column says its value, that it is a secret, or that it is not there', () => {
    expect(shownColumn('a', { a: 20.5 })).toBe('a = 20.5');
    expect(shownColumn('a', { a: 'x' })).toBe('a = "x"');
    expect(shownColumn('a', { a: 12n })).toBe('a = 12');
    expect(shownColumn('a', {})).toBe('a is not there');
    expect(shownColumn('password', { password: 'x' })).toBe('password = ******');
  });
});

describe('what is usual', () => {
  test('is not known before eight days', () => {
    const r = new Rhythm();
    for (let t = DAY; t < 8 * DAY; t += DAY / 4) r.look(t);
    expect(r.usualMs).toBeUndefined();
    r.look(9 * DAY);
    expect(r.usualMs).toBe(1.25 * DAY);
  });

  test('is the longest silence so far', () => {
    const r = new Rhythm();
    r.look(0);
    r.look(DAY);
    r.look(4 * DAY);
    r.look(10 * DAY);
    expect(r.usualMs).toBe(6 * DAY);
    r.look(10 * DAY);
    r.look(9 * DAY);
    expect(r.usualMs).toBe(6 * DAY);
  });

  test('makes a silence of more than twice that a problem', async () => {
    const w = await world({ sql: 'SELECT a FROM s', settings: { rulePatrolIntervalMs: DAY } });
    for (let day = 0; day < 10; day++) {
      w.give({ a: day });
      w.health();
      await w.wait(DAY);
    }
    await w.wait(0.9 * DAY);
    expect(w.health().ok).toBe(true);
    await w.wait(0.2 * DAY);
    expect(w.health().problems).toEqual([expect.stringMatching(/has had no message for 2 days; .* The longest silence before was 24 h\./)]);
    await w.end();
  });
});

test('a counter that stopped growing is over after a minute', () => {
  const g = new Growth();
  expect(g.of('x', 0, 1000).on).toBe(false);
  expect(g.of('x', 3, 2000)).toEqual({ sinceMs: 1000, lastMs: 2000, on: true });
  expect(g.of('x', 3, 62_000).on).toBe(true);
  expect(g.of('x', 3, 62_001)).toMatchObject({ on: false, lastMs: 2000 });
  expect(g.of('x', 4, 70_000)).toEqual({ sinceMs: 70_000, lastMs: 70_000, on: true });
});

describe('the watch over rules', () => {
  test('writes one line for each new kind of problem of a rule, and forgets it after ten minutes', async () => {
    const clock = createVirtualClock();
    const lines: Record<string, unknown>[] = [];
    const log = createLog({ now: () => clock.now(), write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
    let problems: string[] = [];
    const rules = [{ id: 'tank', state: 'running' as const, health: () => ({ ok: problems.length === 0, problems }) }];
    const watch = createRuleWatch({ clock, log, rules: () => rules });
    watch.start();
    await clock.advance(1000);
    expect(watch.sentence()).toBe('1 of 1 rule running, all well');
    problems = ['Sink a is away since 10:00:01 (1 s).'];
    await clock.advance(1000);
    problems = ['Sink a is away since 10:00:01 (2 s).'];
    await clock.advance(4000);
    expect(lines.map((l) => [l['level'], l['code'], l['rule'], l['cause']])).toEqual([
      ['warn', 'RULE_PROBLEM', 'tank', 'Sink a is away since 10:00:01 (1 s).'],
    ]);
    expect(watch.sentence()).toBe('1 of 1 rule running; 1 needs attention: tank: Sink a is away since 10:00:01 (1 s).');
    problems = ['Something else.'];
    await clock.advance(1000);
    expect(lines).toHaveLength(2);
    problems = [];
    await clock.advance(600_000);
    expect(watch.sentence()).toBe('1 of 1 rule running, all well');
    problems = ['Something else.'];
    await clock.advance(2000);
    expect(lines).toHaveLength(3);
    watch.stop();
    expect(clock.pending).toBe(0);
  });

  test('looks at a hundred rules in turns of 25', async () => {
    const clock = createVirtualClock();
    let looks = 0;
    const rules = Array.from({ length: 100 }, (_, i) => ({
      id: `r${i}`,
      state: 'running' as const,
      health: () => (looks++, { ok: true, problems: [] }),
    }));
    const watch = createRuleWatch({ clock, log: createMemoryLog().log, rules: () => rules });
    watch.start();
    await clock.advance(1000);
    expect(looks).toBe(25);
    await clock.advance(3000);
    expect(looks).toBe(100);
    watch.stop();
  });

  test('goes on after a rule whose health cannot be told', async () => {
    const clock = createVirtualClock();
    const { log, lines } = createMemoryLog();
    let looked = 0;
    const bad = {
      id: 'bad',
      state: 'running' as const,
      health: () => {
        throw new Error('broken');
      },
    };
    const good = { id: 'good', state: 'running' as const, health: () => (looked++, { ok: true, problems: [] }) };
    const watch = createRuleWatch({ clock, log, rules: () => [bad, good] });
    watch.start();
    await clock.advance(1000);
    expect(looked).toBe(1);
    expect(lines[0]).toMatchObject({ code: 'INTERNAL', rule: 'bad', cause: 'broken' });
    watch.stop();
  });
});

// @covers finding:ease#B3
describe('the log', () => {
  test('has one line at warn for each new kind of failure of rows, with code and cause', async () => {
    const w = await world({ sql: 'SELECT a FROM s WHERE a > "5"' });
    await repeat(30, 10, w, (i) => ({ a: i }));
    await repeat(3, 10, w, () => ({ a: true }));
    const lines = w.h.lines.filter((l) => l['msg'] === 'Rows of a rule fail; they are not sent on (kuiper diag shows where).');
    expect(lines.map((l) => [l['level'], l['code'], l['rule'], l['op']])).toEqual([
      ['warn', 'EVAL_FAILED', 'r', '3_filter'],
      ['warn', 'EVAL_FAILED', 'r', '3_filter'],
    ]);
    expect(lines[0]!['cause']).toMatch(/^run Where error: invalid operation float64\(0\) > string\(5\)/);
    await w.end();
  });

  test('has one line for messages that cannot be decoded, with a masked sample', async () => {
    const w = await world({ sql: 'SELECT a FROM s' });
    await repeat(10, 10, w, () => 'user=a;password=geheim99');
    const lines = w.h.lines.filter((l) => l['msg'] === 'Messages of a source fail; they are discarded (kuiper diag shows where).');
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', code: 'DECODE_FAILED', rule: 'r', op: 's', sample: 'user=a;password=******' }),
    ]);
    await w.end();
  });
});

// @covers issue:18#4
test('diag says that data flows when it does, and counts each step', async () => {
  const w = await world({ sql: 'SELECT a FROM s WHERE a > 1' });
  await repeat(5, 100, w, (a) => ({ a }));
  const d = await w.diag();
  expect(d.stopsAt).toBeUndefined();
  expect(d.summary).toMatch(
    /^Data flows: 5 messages came in, the last one 0 s ago \(2026-01-01T00:00:0\dZ\), and 3 were confirmed by the sinks\.$/,
  );
  expect(d.steps.map((s) => [s.step, s.at, s.state, s.in, s.out])).toEqual([
    ['connection', 's', 'flows', 0, 0],
    ['subscription', 's', 'flows', 0, 0],
    ['bytes', 's', 'flows', 5, 5],
    ['decode', 's', 'flows', 5, 5],
    ['columns', 's', 'flows', 5, 5],
    ['filter', '3_filter', 'flows', 5, 3],
    ['project', '4_project', 'flows', 3, 3],
    ['template', 'fake_0', 'flows', 3, 3],
    ['sink', 'fake_0', 'flows', 3, 3],
    ['answer', 'fake_0', 'flows', 3, 3],
  ]);
  expect(d.steps[2]!.text).toBe('5 messages, 35 bytes, the last one 0 s ago');
  expect(d.steps[3]!.lastValue).toBe('{"a":4}');
  await w.end();
});

test('a rule that somebody asks about looks once around its source, only while nothing has come', async () => {
  let looks = 0;
  const search = async () => {
    looks++;
    return { places: [{ name: 'plant/temp', messages: 1, near: true }], lookedMs: 1500, problem: '' };
  };
  const w = await world({ sql: 'SELECT a FROM s', search });
  w.rule.look();
  w.rule.look();
  await w.wait(3000);
  expect(looks).toBe(1);
  expect(w.health().problems).toEqual([expect.stringContaining('did you mean plant/temp?')]);
  w.give({ a: 1 });
  expect(w.health().problems).toEqual([]);
  await w.end();
  const other = await world({ sql: 'SELECT a FROM s', search });
  other.give({ a: 1 });
  other.rule.look();
  await other.wait(3000);
  expect(looks).toBe(1);
  await other.end();
});
