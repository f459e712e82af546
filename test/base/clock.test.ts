// The real clock: what the platform does not promise.
import { expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';

test('no timer fires before its time, also when it is set late in a turn of the loop', async () => {
  const clock = createRealClock();
  const early: number[] = [];
  const one = (delayMs: number) =>
    new Promise<void>((resolve) => {
      const busyUntilMs = performance.now() + 2;
      while (performance.now() < busyUntilMs); // the platform counts from the begin of this turn
      const endMs = performance.now() + delayMs;
      clock.setTimer(delayMs, () => {
        if (performance.now() < endMs) early.push(endMs - performance.now());
        resolve();
      });
    });
  for (let i = 0; i < 20; i++) await one(1 + (i % 5) * 0.7);
  expect(early).toEqual([]);
});

test('a timer that was cleared while it is armed again stays silent', async () => {
  const clock = createRealClock();
  let fired = false;
  const handle = clock.setTimer(3, () => (fired = true));
  await new Promise((resolve) => setImmediate(resolve));
  clock.clear(handle);
  await clock.sleep(8);
  expect(fired).toBe(false);
});
