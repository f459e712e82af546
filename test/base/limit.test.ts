// An end for every call into foreign code.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { withinLimit } from '../../src/base/limit.ts';

describe('a call with a limit', () => {
  it('that answers at once gives the answer itself, and no timer is set', () => {
    const clock = createVirtualClock();
    expect([withinLimit(clock, 1000, 'x', 7), withinLimit(clock, 1000, 'x', undefined), clock.pending]).toEqual([7, undefined, 0]);
  });

  it('gives what comes in time, or throws what was thrown, and leaves no timer', async () => {
    const clock = createVirtualClock();
    await expect(withinLimit(clock, 1000, 'x', Promise.resolve(7))).resolves.toBe(7);
    await expect(withinLimit(clock, 1000, 'x', Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(clock.pending).toBe(0);
  });

  // @covers issue:14#6
  it('fails by name when nothing came in time, as an error that may be tried again', async () => {
    const clock = createVirtualClock();
    let failure: unknown;
    (withinLimit(clock, 2000, 'lookup table names', new Promise(() => undefined)) as Promise<unknown>).catch((e: unknown) => (failure = e));
    await clock.advance(1999);
    expect(failure).toBeUndefined();
    await clock.advance(1);
    expect(failure).toMatchObject({ message: 'lookup table names gave no answer within 2 s', retriable: true });
  });
});
