// Messages without a reader, and how long a source waits.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { MAX_PARKED, MAX_PARKED_IMPATIENT, Parking } from '../../../src/runtime/source/parking.ts';
import { Patience } from '../../../src/runtime/source/patience.ts';

function parking() {
  const seen = { full: [] as boolean[], dropped: 0, confirmed: [] as number[] };
  const p = new Parking({ full: (yes) => seen.full.push(yes), dropped: (n) => (seen.dropped += n) });
  const put = (n: number, confirms = true) =>
    p.put({ data: String(n), meta: undefined, ack: confirms ? () => seen.confirmed.push(n) : undefined });
  return { p, seen, put };
}

describe('messages that no rule reads', () => {
  // @covers finding:house#N1
  it('make the source wait at 1,000, and let it go on as soon as a rule takes them', () => {
    const { p, seen, put } = parking();
    for (let n = 1; n < MAX_PARKED; n++) put(n);
    expect(seen.full).toEqual([]);
    put(MAX_PARKED);
    expect([p.size, seen.full]).toEqual([1000, [true]]);
    put(MAX_PARKED + 1);
    expect(seen.full).toEqual([true]);
    expect(p.take().map((m) => m.data)).toEqual(Array.from({ length: MAX_PARKED + 1 }, (_, i) => String(i + 1)));
    expect([seen.full, p.size, p.take()]).toEqual([[true, false], 0, []]);
  });

  it('lose their oldest beyond 10,000; those that a peer repeats are not counted as dropped', () => {
    const { p, seen, put } = parking();
    for (let n = 1; n <= MAX_PARKED_IMPATIENT; n++) put(n, n !== 2);
    put(MAX_PARKED_IMPATIENT + 1);
    expect([seen.dropped, p.size]).toEqual([0, MAX_PARKED_IMPATIENT]);
    put(MAX_PARKED_IMPATIENT + 2);
    expect([seen.dropped, p.size, seen.full, seen.confirmed]).toEqual([1, MAX_PARKED_IMPATIENT, [true], []]);
  });

  // @covers finding:house#N2
  it('are confirmed when the source ends for good, and left to the peer when the gateway ends', () => {
    const ends = (confirm: boolean) => {
      const { p, seen, put } = parking();
      put(1);
      put(2, false);
      put(3);
      p.close(confirm);
      return [seen.confirmed, p.size];
    };
    expect(ends(true)).toEqual([[1, 3], 0]);
    expect(ends(false)).toEqual([[], 0]);
  });
});

describe('a source that is asked to wait', () => {
  it('waits until the last that asked has caught up, and says for how long', async () => {
    const clock = createVirtualClock();
    const patience = new Patience(clock);
    patience.change(1);
    patience.change(1);
    let gone = 0;
    const promise = patience.wait();
    expect(patience.wait()).toBe(promise);
    void promise.then(() => gone++);
    await clock.advance(1500);
    patience.change(-1);
    await clock.advance(0);
    expect([gone, patience.asked, patience.waitingMs]).toEqual([0, true, 1500]);
    patience.change(-1);
    await clock.advance(0);
    expect([gone, patience.asked, patience.waitingMs]).toEqual([1, false, 0]);
    patience.change(1);
    expect(patience.wait()).not.toBe(promise);
  });

  it('goes on when it is closed, though somebody is behind', async () => {
    const clock = createVirtualClock();
    const patience = new Patience(clock);
    patience.change(1);
    let gone = false;
    void patience.wait().then(() => (gone = true));
    patience.goOn();
    await clock.advance(0);
    expect([gone, patience.asked]).toEqual([true, true]);
  });
});

// @covers issue:14#3
it('a source waits exactly while somebody is behind or too much is parked, whatever the order of events', () => {
  const event = fc.oneof(
    { weight: 2, arbitrary: fc.constant('behind' as const) },
    { weight: 2, arbitrary: fc.constant('caught up' as const) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 700 }) },
    { weight: 1, arbitrary: fc.constant('take' as const) },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const patience = new Patience(createVirtualClock());
      const p = new Parking({ full: (yes) => patience.change(yes ? 1 : -1), dropped: () => undefined });
      let behind = 0;
      let parked = 0;
      for (const e of events) {
        if (e === 'behind') {
          behind++;
          patience.change(1);
        } else if (e === 'caught up') {
          if (behind === 0) continue;
          behind--;
          patience.change(-1);
        } else if (e === 'take') {
          expect(p.take()).toHaveLength(parked);
          parked = 0;
        } else {
          for (let i = 0; i < e; i++) p.put({ data: '', meta: undefined, ack: undefined });
          parked = Math.min(MAX_PARKED_IMPATIENT, parked + e);
        }
        expect(patience.asked).toBe(behind > 0 || parked >= MAX_PARKED);
      }
    }),
    { numRuns: 200, seed: 14 },
  );
});
