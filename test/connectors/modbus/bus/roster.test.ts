// What is known of the units of a line together: requests under way, lines that a gateway blocks, and who is waited for how long.
import { describe, expect, it } from 'vitest';
import { Roster } from '../../../../src/connectors/modbus/bus/roster.ts';
import type { Job } from '../../../../src/connectors/modbus/bus/unit.ts';

const job = (unit: number, more: Partial<Job> = {}): Job => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const settings = { timeoutMs: 1000, retries: 1, quietMs: 0, gapMs: 0 };
  return { request: { unit, fn: 3, address: 0, count: 1 }, settings, tries: 1, waitedMs: 0, costMs: 0, promise, resolve, reject, ...more };
};

// @covers issue:14#2
describe('the units of a Modbus line together', () => {
  it('a request is under way until its reply came or is not expected any more', () => {
    const roster = new Roster(() => 0.5);
    const unit = roster.unit(1);
    roster.sent(100);
    roster.pend(unit, 100, 1000);
    expect([roster.pending, unit.life.quietUntilMs]).toEqual([1, 1100]);
    roster.over(unit, 400);
    roster.replied(100);
    expect([roster.pending, unit.life.quietUntilMs]).toEqual([0, 400]);
  });

  it('with two requests under way, units that are not known are asked at a slower pace', () => {
    const roster = new Roster(() => 0.5);
    roster.sent(100);
    roster.pend(roster.unit(1), 100, 1000);
    expect(roster.unknownAtMs).toBe(0);
    roster.sent(300);
    roster.pend(roster.unit(2), 300, 1000);
    expect(roster.unknownAtMs).toBe(300 + 750);
  });

  it('a unit that a gateway cannot reach says how long the line is blocked by it, and gets a tenth of its time', () => {
    const roster = new Roster(() => 0.5);
    roster.answered(roster.unit(2), 0, 20);
    expect(roster.failed(roster.unit(1), 'gateway', 1000, 5000)).toMatchObject({ first: true, others: [] });
    expect([roster.blockMs, roster.unknownAtMs]).toEqual([1000, 5000 + 9000]);
    // from now on its answer is waited for: giving up early would not free the line
    expect(roster.waitMs(roster.unit(1), job(1), 6000)).toBe(1000);
    roster.lineUp(true);
    expect([roster.blockMs, roster.unknownAtMs, roster.overlaps]).toEqual([0, 0, true]);
  });

  it('an exception is slow when it takes four times as long as replies usually do, and a quarter of a second at the least', () => {
    const roster = new Roster(() => 0.5);
    const unit = roster.unit(1);
    expect(roster.isSlowException(unit, job(1), 4, 250)).toBe(false);
    expect(roster.isSlowException(unit, job(1), 4, 251)).toBe(true);
    roster.answered(roster.unit(2), 0, 100);
    expect(roster.isSlowException(unit, job(1), 4, 400)).toBe(false);
    expect(roster.isSlowException(unit, job(1), 4, 401)).toBe(true);
    expect(roster.isSlowException(unit, job(1), 6, 5000)).toBe(false);
    expect(roster.isSlowException(unit, job(1, { request: { unit: 1, fn: 6, address: 0, count: 1 } }), 4, 5000)).toBe(false);
  });

  it('an answer that waited behind one that is not answered says how long the line was blocked, and nothing about the unit', () => {
    const roster = new Roster(() => 0.5);
    roster.sent(0);
    roster.pend(roster.unit(1), 0, 3000);
    const unit = roster.unit(2);
    roster.answered(unit, 1020, 770);
    expect(roster.blockMs).toBe(1020);
    expect(unit.life.slowestMs).toBeUndefined();
    expect(unit.life.answeredAtMs).toBe(1020);
  });

  it('a line may be blocked by each request that nothing came for, one after the other: ten seconds each until it is known for how long', () => {
    const roster = new Roster(() => 0.5);
    roster.lineUp(true);
    expect(roster.stillBlockedMs(0)).toBe(0);
    roster.sent(100);
    roster.sent(300);
    // of one unit alone on its line nobody waits behind another
    roster.unit(1);
    expect(roster.stillBlockedMs(300)).toBe(0);
    roster.unit(2);
    expect(roster.stillBlockedMs(300)).toBe(100 + 20_000 - 300);
    // a unit that answers is waited for so much longer
    roster.answered(roster.unit(2), 300, 20);
    expect(roster.waitMs(roster.unit(2), job(2), 300)).toBe(1000 + 100 + 20_000 - 300);
    roster.passed(20_099);
    expect(roster.pending).toBe(2);
    roster.passed(20_100);
    expect(roster.pending).toBe(0);
  });

  it('a reply frees the line of all that was sent before, and of nothing that was sent after', () => {
    const roster = new Roster(() => 0.5);
    roster.sent(100);
    roster.sent(300);
    roster.sent(500);
    expect([roster.isBehind(100), roster.isBehind(300)]).toEqual([false, true]);
    roster.replied(300);
    expect([roster.pending, roster.isBehind(500)]).toEqual([1, false]);
  });

  it('a reply after its time-out tells how long the line is blocked, and an exception that the gateway says so', () => {
    const roster = new Roster(() => 0.5);
    roster.lineUp(true);
    roster.sent(0);
    roster.sent(250);
    roster.late(0, 3000, false);
    expect([roster.blockMs, roster.pending, roster.unknownAtMs]).toEqual([3000, 1, 3000 + 27_000]);
    // the second was served after the first: its own time counts
    roster.late(250, 5000, true);
    expect([roster.blockMs, roster.pending]).toEqual([2000, 0]);
    expect(roster.stillBlockedMs(5000)).toBe(0);
    roster.sent(6000);
    expect(roster.stillBlockedMs(6000)).toBe(3000);
    // a tenth of a second is no block
    roster.late(6000, 6100, false);
    expect(roster.blockMs).toBe(2000);
  });

  it('a unit that answers slowly is not waited for where requests overlap: the others go on after four times what the quickest needs', () => {
    const roster = new Roster(() => 0.5);
    roster.lineUp(true);
    const [slow, quick] = [roster.unit(1), roster.unit(2)];
    roster.answered(slow, 0, 700);
    roster.answered(quick, 0, 100);
    slow.tookMs = 400;
    expect(roster.waitMs(slow, job(1), 0)).toBe(1000);
    slow.tookMs = 401;
    expect(roster.waitMs(slow, job(1), 0)).toBe(400);
    const { settings } = job(1);
    expect(roster.waitMs(slow, job(1, { settings: { ...settings, patient: true } }), 0)).toBe(1000);
    expect(roster.waitMs(slow, job(1, { request: { unit: 1, fn: 6, address: 0, count: 1 } }), 0)).toBe(1000);
    roster.lineUp(false);
    roster.answered(slow, 0, 700);
    roster.answered(quick, 0, 100);
    expect(roster.waitMs(slow, job(1), 0)).toBe(1000);
  });

  it('on a line that a probe blocks for long, probes rest so much longer, and each unit has its turn', () => {
    const roster = new Roster(() => 0.5);
    roster.answered(roster.unit(3), 0, 20);
    roster.failed(roster.unit(1), 'gateway', 5000, 1000);
    roster.failed(roster.unit(1), 'gateway', 5000, 2000);
    roster.failed(roster.unit(2), 'gateway', 5000, 3000);
    expect(roster.probeInMs(roster.unit(2), 3000)).toBe(14 * 5000);
    roster.failed(roster.unit(1), 'gateway', 5000, 4000);
    expect(roster.unit(1).life.asideUntilMs - 4000).toBe(2 * 14 * 5000);
  });

  it('further tries are for units that live, or for lines that nobody blocks', () => {
    const roster = new Roster(() => 0.5);
    roster.answered(roster.unit(2), 0, 20);
    expect(roster.isTriedAgain(roster.unit(1), job(1))).toBe(true);
    expect(roster.isTriedAgain(roster.unit(1), job(1, { tries: 2 }))).toBe(false);
    roster.failed(roster.unit(3), 'gateway', 1000, 100);
    expect(roster.isTriedAgain(roster.unit(1), job(1))).toBe(false);
    expect(roster.isTriedAgain(roster.unit(2), job(2))).toBe(true);
    expect(roster.isTriedAgain(roster.unit(3), job(3))).toBe(false);
  });
});
