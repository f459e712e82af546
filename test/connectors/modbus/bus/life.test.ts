// The life of a unit as a value: each transition of the table in src/connectors/modbus/bus/README.md, and what holds after any events.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LifeEvent,
  lifeAfter,
  newLife,
  PROBE_SHARE,
  phaseOf,
  restOf,
  type UnitLife,
} from '../../../../src/connectors/modbus/bus/life.ts';

const failed = (nowMs: number, more: Partial<Extract<LifeEvent, { type: 'failed' }>> = {}): LifeEvent => ({
  type: 'failed',
  nowMs,
  failure: 'silent',
  costMs: 400,
  lonely: false,
  otherAside: 0,
  random: 0.5,
  ...more,
});
const answered = (nowMs: number, tookMs = 20): LifeEvent => ({ type: 'answered', nowMs, tookMs });
const exception = (nowMs: number): LifeEvent => ({ type: 'answered', nowMs, tookMs: undefined });
const run = (...events: LifeEvent[]): UnitLife => events.reduce(lifeAfter, newLife);

// @covers issue:14#2
describe('the life of a Modbus unit', () => {
  it('a unit that was never asked is unknown, and alive with its first answer', () => {
    expect(phaseOf(newLife)).toBe('unknown');
    const life = run(answered(1000, 30));
    expect(phaseOf(life)).toBe('alive');
    expect(life).toMatchObject({ answeredAtMs: 1000, slowestMs: 30, failures: 0, asideUntilMs: 0 });
  });

  it('an exception is an answer that says nothing about how long replies take', () => {
    expect(run(answered(1000, 30), exception(2000)).slowestMs).toBe(30);
    expect(run(exception(1000)).slowestMs).toBeUndefined();
  });

  it('a unit that never answered is set aside at its first failure, with a pause of half its ceiling at the least', () => {
    const life = run(failed(1000));
    expect(phaseOf(life)).toBe('aside');
    expect(life.asideUntilMs).toBe(1000 + 125 + 0.5 * 125);
    expect(life).toMatchObject({ failures: 1, failure: 'silent', failingSinceMs: 1000, owedMs: 0 });
  });

  it('a unit that answered before has two more tries soon, whose cost is taken only when it stays silent', () => {
    const first = run(answered(0), failed(1000));
    expect(phaseOf(first)).toBe('grace');
    expect(first.owedMs).toBe(400);
    const second = lifeAfter(first, failed(2000));
    expect(phaseOf(second)).toBe('grace');
    expect(second.owedMs).toBe(800);
    const third = lifeAfter(second, failed(3000));
    expect(phaseOf(third)).toBe('aside');
    expect(third.owedMs).toBe(0);
    expect(restOf(first, second, 400)).toBe(0);
    expect(restOf(second, third, 400)).toBe(1200 / PROBE_SHARE);
    expect(third.failingSinceMs).toBe(1000);
    // it waits for the turns of all that are set aside, not only for its own pause
    expect(third.asideUntilMs).toBe(3000 + 10_000);
    expect(lifeAfter(second, failed(3000, { otherAside: 2 })).asideUntilMs).toBe(3000 + 30_000);
  });

  it('when no unit of the line answers, a probe is never more than a second away', () => {
    let life = run(answered(0));
    for (let i = 1; i < 12; i++) life = lifeAfter(life, failed(i * 1000, { lonely: true, otherAside: 7, random: 1 }));
    expect(life.asideUntilMs).toBe(11_000 + 1000);
  });

  it('an answer forgets failures, cause and grace', () => {
    const life = run(answered(0), failed(1000, { failure: 'gateway' }), answered(5000));
    expect(phaseOf(life)).toBe('alive');
    expect(life).toMatchObject({
      failures: 0,
      failure: undefined,
      failingSinceMs: undefined,
      grace: false,
      owedMs: 0,
      heard: 'no',
      asideUntilMs: 0,
    });
  });

  it('after a time-out the unit is quiet until its late reply cannot come any more', () => {
    const timedOut: LifeEvent = { type: 'timedOut', nowMs: 1000, waitMs: 150, timeoutMs: 1000, quietMs: 300 };
    expect(run(timedOut).quietUntilMs).toBe(1000 + 850 + 300);
    // also an answer does not end it: another late reply may be under way
    expect(run(timedOut, answered(1100)).quietUntilMs).toBe(2150);
    expect(run({ type: 'busy', nowMs: 1000, pauseMs: 50 }).quietUntilMs).toBe(1050);
    expect(run({ type: 'pending', untilMs: 3000 }, { type: 'pending', untilMs: 1500 }).quietUntilMs).toBe(1500);
  });

  it('a late reply within the quiet time makes the next try a long one, once', () => {
    const aside = run({ type: 'timedOut', nowMs: 1000, waitMs: 150, timeoutMs: 1000, quietMs: 0 }, failed(1150));
    const heard = lifeAfter(aside, { type: 'heardLate', nowMs: 1800 });
    expect(heard).toMatchObject({ heard: 'yes', asideUntilMs: 0 });
    expect(lifeAfter(aside, { type: 'heardLate', nowMs: 1851 })).toBe(aside);
    const used = lifeAfter(heard, { type: 'asked' });
    expect(used.heard).toBe('used');
    expect(lifeAfter(used, { type: 'heardLate', nowMs: 1810 })).toBe(used);
    const alive = run(answered(0), { type: 'busy', nowMs: 10, pauseMs: 100 });
    expect(lifeAfter(alive, { type: 'heardLate', nowMs: 20 })).toBe(alive);
  });

  it('when a line revives, units that answered before are tried at once, and those that never did are not', () => {
    const lived = run(answered(0), failed(1000), failed(2000), failed(3000), failed(4000));
    expect(lifeAfter(lived, { type: 'revived' })).toMatchObject({ failures: 1, grace: true, asideUntilMs: 0 });
    const never = run(failed(1000));
    expect(lifeAfter(never, { type: 'revived' })).toBe(never);
    const alive = run(answered(0));
    expect(lifeAfter(alive, { type: 'revived' })).toBe(alive);
  });

  it('a line that was opened knows no answers, but still counts the failures', () => {
    const life = run(answered(0), failed(1000), failed(2000), { type: 'lineUp' });
    expect(life).toMatchObject({ failures: 2, asideUntilMs: 0, quietUntilMs: 0, answeredAtMs: undefined, heard: 'no' });
    expect(phaseOf(run(answered(0), { type: 'lineUp' }))).toBe('unknown');
  });

  it('after any events: set aside only with a failure, a cause and a moment; alive only with an answer', () => {
    const at = fc.nat(100_000);
    const event: fc.Arbitrary<LifeEvent> = fc.oneof(
      fc.constant<LifeEvent>({ type: 'asked' }),
      fc.record({ type: fc.constant('answered' as const), nowMs: at, tookMs: fc.option(fc.nat(3000), { nil: undefined }) }),
      fc.record({ type: fc.constant('busy' as const), nowMs: at, pauseMs: fc.nat(500) }),
      fc.record({ type: fc.constant('pending' as const), untilMs: at }),
      fc.record({
        type: fc.constant('timedOut' as const),
        nowMs: at,
        waitMs: fc.constant(150),
        timeoutMs: fc.nat(3000),
        quietMs: fc.nat(3000),
      }),
      fc.record({
        type: fc.constant('failed' as const),
        nowMs: at,
        failure: fc.constantFrom('silent' as const, 'gateway' as const),
        costMs: fc.nat(5000),
        lonely: fc.boolean(),
        otherAside: fc.nat(40),
        random: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ type: fc.constant('heardLate' as const), nowMs: at }),
      fc.constant<LifeEvent>({ type: 'revived' }),
      fc.constant<LifeEvent>({ type: 'lineUp' }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let life = newLife;
        for (const e of events) {
          const before = life;
          life = lifeAfter(life, e);
          if (e.type === 'failed') {
            expect(life.failures).toBe(before.failures + 1);
            expect(life.asideUntilMs).toBeGreaterThan(e.nowMs);
            expect(life.asideUntilMs - e.nowMs).toBeLessThanOrEqual(Math.max(30_000, (e.otherAside + 1) * 10_000));
          }
          expect(life.failures === 0).toBe(life.failure === undefined);
          expect(life.failures === 0).toBe(life.failingSinceMs === undefined);
          if (life.failures === 0) expect(life).toMatchObject({ grace: false, owedMs: 0 });
          if (phaseOf(life) === 'alive') expect(life.answeredAtMs).toBeDefined();
          if (phaseOf(life) === 'unknown') expect(life.answeredAtMs).toBeUndefined();
        }
      }),
      { numRuns: 500 },
    );
  });
});
