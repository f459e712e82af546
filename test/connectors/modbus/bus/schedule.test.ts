// Which request is next on a Modbus line: turns, writes before reads, quiet times, and units that block the line.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Caution, firstTurn, MAX_PENDING, nextTurn, type Turn, type Waiting } from '../../../../src/connectors/modbus/bus/schedule.ts';

const calm: Caution = { blockMs: 0, unknownAtMs: 0, pending: 0, blockedUntilMs: 0, overlaps: false };
const unit = (id: number, more: Partial<Waiting> = {}): Waiting => ({ id, reads: 1, writes: 0, quietUntilMs: 0, known: true, ...more });

/** The order in which everything that waits is served. */
function order(units: readonly Waiting[], caution = calm, nowMs = 100): string[] {
  const left = new Map(units.map((u) => [u.id, { ...u }]));
  const out: string[] = [];
  let turn: Turn = firstTurn;
  for (;;) {
    const choice = nextTurn(left.values(), turn, nowMs, caution);
    if (choice.unit === undefined) return out;
    turn = choice.turn;
    const u = left.get(choice.unit)! as { reads: number; writes: number };
    if (choice.kind === 'read') u.reads--;
    else u.writes--;
    out.push(`${choice.kind === 'read' ? 'r' : 'w'}${choice.unit}`);
  }
}

// @covers issue:14#2
describe('the turn of a Modbus line', () => {
  it('units take turns by their id, whoever asks more', () => {
    expect(order([unit(3, { reads: 3 }), unit(1, { reads: 2 }), unit(2)])).toEqual(['r1', 'r2', 'r3', 'r1', 'r3', 'r3']);
  });

  it('writes go first, and after four a read has its turn', () => {
    expect(order([unit(1, { writes: 3 }), unit(2, { writes: 3 })])).toEqual(['w1', 'w2', 'w1', 'w2', 'r1', 'w1', 'w2', 'r2']);
  });

  it('nobody is asked during its quiet time; the soonest end of one is the moment to look again', () => {
    const quiet = [unit(1, { quietUntilMs: 500 }), unit(2, { quietUntilMs: 300, writes: 1 })];
    expect(nextTurn(quiet, firstTurn, 100, calm)).toEqual({ unit: undefined, lookAtMs: 300 });
    expect(nextTurn([...quiet, unit(9)], firstTurn, 100, calm)).toMatchObject({ unit: 9, kind: 'read' });
    expect(nextTurn(quiet, firstTurn, 300, calm)).toMatchObject({ unit: 2, kind: 'write' });
    expect(nextTurn([], firstTurn, 100, calm)).toEqual({ unit: undefined, lookAtMs: Number.POSITIVE_INFINITY });
  });

  it('on a blocked line units that answer go first, and one that is not known goes when nobody else waits or its moment is there', () => {
    const blocked = { ...calm, blockMs: 1000, unknownAtMs: 5000 };
    const units = [unit(1, { known: false }), unit(2)];
    expect(nextTurn(units, firstTurn, 4999, blocked)).toMatchObject({ unit: 2 });
    expect(nextTurn(units, firstTurn, 5000, blocked)).toMatchObject({ unit: 1 });
    expect(nextTurn([units[0]!], firstTurn, 100, blocked)).toMatchObject({ unit: 1 });
  });

  it('on a blocked line no second unit that is not known is asked before the first is through', () => {
    const blocked = { ...calm, blockMs: 1000, pending: 1, blockedUntilMs: 1600, overlaps: true };
    const one = [unit(1, { known: false })];
    expect(nextTurn(one, firstTurn, 1599, blocked)).toEqual({ unit: undefined, lookAtMs: 1600 });
    expect(nextTurn(one, firstTurn, 1600, blocked)).toMatchObject({ unit: 1 });
    expect(nextTurn([...one, unit(2)], firstTurn, 1000, blocked)).toMatchObject({ unit: 2 });
  });

  it('where requests overlap, units that are not known follow each other until several are unanswered, then at a slower pace', () => {
    const one = [unit(1, { known: false })];
    const overlapping = { ...calm, overlaps: true, unknownAtMs: 900 };
    expect(nextTurn(one, firstTurn, 100, { ...overlapping, pending: MAX_PENDING - 1 })).toMatchObject({ unit: 1 });
    expect(nextTurn(one, firstTurn, 100, { ...overlapping, pending: MAX_PENDING })).toEqual({ unit: undefined, lookAtMs: 900 });
    expect(nextTurn(one, firstTurn, 900, { ...overlapping, pending: MAX_PENDING })).toMatchObject({ unit: 1 });
  });

  it('a write to a unit that blocks is not put off', () => {
    const blocked = { ...calm, blockMs: 1000, unknownAtMs: 5000, pending: 1, blockedUntilMs: 9000, overlaps: true };
    expect(nextTurn([unit(1, { known: false, writes: 1 }), unit(2)], firstTurn, 100, blocked)).toMatchObject({ unit: 1, kind: 'write' });
  });

  it('everything that waits is served, and no unit is served twice before all others that wait were served once', () => {
    const waiting = fc.uniqueArray(
      fc.record({ id: fc.integer({ min: 1, max: 247 }), reads: fc.integer({ min: 1, max: 4 }), writes: fc.nat(4), known: fc.boolean() }),
      { selector: (u) => u.id, minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(waiting, fc.boolean(), (list, overlaps) => {
        const units = list.map((u) => ({ ...u, quietUntilMs: 0 }));
        const served = order(units, { ...calm, overlaps });
        for (const u of units) {
          expect(served.filter((s) => s === `r${u.id}`)).toHaveLength(u.reads);
          expect(served.filter((s) => s === `w${u.id}`)).toHaveLength(u.writes);
        }
        if (overlaps) return;
        const reads = served.filter((s) => s.startsWith('r'));
        for (const u of units) {
          const places = reads.flatMap((s, i) => (s === `r${u.id}` ? [i] : []));
          for (let k = 1; k < places.length; k++) {
            const between = new Set(reads.slice(places[k - 1]! + 1, places[k]));
            const others = units.filter((o) => o.id !== u.id && reads.slice(places[k - 1]! + 1).includes(`r${o.id}`));
            for (const o of others) expect(between).toContain(`r${o.id}`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
