import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createServerControl } from '../../src/service/server-control.ts';

// @covers finding:parity#17
test('GET / tells the memory of the process, not that of the machine', () => {
  const control = createServerControl({
    version: '1',
    clock: createVirtualClock(),
    log: createMemoryLog().log,
    safeMode: () => undefined,
    problems: () => [],
    setTimeZone: () => undefined,
    stop: () => undefined,
  });
  const used = Number(control.info().memoryUsed);
  const own = process.memoryUsage.rss();
  expect(Math.abs(used - own)).toBeLessThan(own * 0.2);
});
