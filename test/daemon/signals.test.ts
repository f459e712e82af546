// First signal: stop in order; second: at once; the echo of the first: nothing.
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createSignalHandler } from '../../src/daemon/signals.ts';

test('a second signal ends at once, its echo within 150 ms does not', async () => {
  const clock = createVirtualClock();
  const events: string[] = [];
  const handle = createSignalHandler(
    clock,
    (s) => events.push(`stop ${s}`),
    (s) => events.push(`destroy ${s}`),
  );
  handle('SIGINT');
  await clock.advance(100);
  handle('SIGINT');
  expect(events).toEqual(['stop SIGINT']);
  await clock.advance(150);
  handle('SIGTERM');
  expect(events).toEqual(['stop SIGINT', 'destroy SIGTERM']);
});
