// What flows, for viewers: nothing without one, at most ten pushes a second to each, and one computation for all of them.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createRatesFeed, MAX_VIEWERS, type RatesPush } from '../../../src/service/live/rates.ts';
import type { RuleOverview } from '../../../src/service/rules/rule-overview.ts';

const line = (id: string, recordsIn: number): RuleOverview => ({
  id,
  name: id,
  state: 'running',
  ok: true,
  problems: [],
  recordsIn,
  recordsOut: 0,
  exceptions: 0,
  waiting: 0,
  lastMessageAtMs: 0,
  startedAtMs: 1,
  tags: [],
});

function feed(rules: () => RuleOverview[]) {
  const clock = createVirtualClock();
  let looks = 0;
  const rates = createRatesFeed({
    clock,
    overview() {
      looks++;
      return rules();
    },
  });
  return { clock, rates, looks: () => looks };
}

describe('rates for viewers', () => {
  // @covers issue:23#1
  test('nothing is computed without a viewer, and nothing more after the last one left', async () => {
    const { clock, rates, looks } = feed(() => [line('a', 1)]);
    await clock.advance(60_000);
    expect([looks(), clock.pending]).toEqual([0, 0]);
    const stop = rates.watch(1000, () => undefined)!;
    await clock.advance(5000);
    expect(looks()).toBe(6);
    stop();
    stop();
    await clock.advance(60_000);
    expect([looks(), clock.pending, rates.counts.viewers]).toEqual([6, 0, 0]);
  });

  test('a viewer of 200 rules that wants it as fast as possible gets at most ten pushes a second', async () => {
    let n = 0;
    const { clock, rates } = feed(() => Array.from({ length: 200 }, (_, i) => line(`r${i}`, (n += 50))));
    const pushes: RatesPush[] = [];
    const stop = rates.watch(0, (p) => void pushes.push(p))!;
    await clock.advance(10_000);
    stop();
    expect(pushes.length).toBe(101);
    expect(pushes[1]!.rules).toHaveLength(200);
  });

  test('twenty viewers cost one computation in a tenth of a second', async () => {
    const { clock, rates, looks } = feed(() => [line('a', 1)]);
    const stops = Array.from({ length: 20 }, () => rates.watch(100, () => undefined)!);
    await clock.advance(1000);
    expect(looks()).toBe(11);
    for (const stop of stops) stop();
  });

  test('the first push holds all rules, later ones what changed and what is gone', async () => {
    let rules = [line('a', 1), line('b', 1)];
    const { clock, rates } = feed(() => rules);
    const pushes: RatesPush[] = [];
    const stop = rates.watch(1000, (p) => void pushes.push(p))!;
    rules = [line('a', 1), line('b', 7), line('c', 0)];
    await clock.advance(1000);
    rules = [line('c', 0)];
    await clock.advance(1000);
    stop();
    expect(pushes.map((p) => [p.all, p.rules.map((r) => r.id), p.gone])).toEqual([
      [true, ['a', 'b'], []],
      [false, ['b', 'c'], []],
      [false, [], ['a', 'b']],
    ]);
    expect(pushes[1]!.atMs - pushes[0]!.atMs).toBe(1000);
  });

  test('a viewer that is behind is left out and gets everything when it has caught up', async () => {
    let ready = true;
    const { clock, rates } = feed(() => [line('a', 1), line('b', 1)]);
    const pushes: RatesPush[] = [];
    const stop = rates.watch(
      1000,
      (p) => void pushes.push(p),
      () => ready,
    )!;
    ready = false;
    await clock.advance(3000);
    expect(pushes).toHaveLength(1);
    ready = true;
    await clock.advance(1000);
    stop();
    expect([pushes.length, pushes[1]!.all, pushes[1]!.rules.length]).toEqual([2, true, 2]);
  });

  test('more viewers than there is room for are refused, and one that leaves makes room', () => {
    const { rates } = feed(() => []);
    const stops = Array.from({ length: MAX_VIEWERS }, () => rates.watch(1000, () => undefined));
    expect(stops.every((s) => s !== undefined)).toBe(true);
    expect(rates.watch(1000, () => undefined)).toBeUndefined();
    stops[0]!();
    expect(rates.watch(1000, () => undefined)).toBeDefined();
  });
});
