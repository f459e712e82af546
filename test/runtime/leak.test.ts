// Thousands of updates of a rule leave nothing behind: slots, timers, subscriptions, memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { countWindowProgram, filterProgram, harness } from './harness.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const heapMB = () => {
  for (let i = 0; i < 3; i++) gc();
  return process.memoryUsage().heapUsed / 1e6;
};

it('4,000 updates beside a running rule add less than 2 MB, no timer and no subscription', { timeout: 60_000 }, async () => {
  const h = harness();
  await h.runtime.createRule(h.define('stays', filterProgram('a'))).start();
  const rule = h.runtime.createRule(h.define('r', filterProgram('b')));
  await rule.start();
  let before = 0;
  let timers = 0;
  for (let i = 1; i <= 6000; i++) {
    const program =
      i % 3
        ? filterProgram(`c${i % 7}`, undefined, i % 2 ? [{ input: 0, column: `c${i % 7}`, op: '=', value: i }] : [])
        : countWindowProgram('w', 3, `p${i}`);
    await rule.update(h.define('r', program));
    h.sources[0]!.emit('{"a":1,"w":2}');
    h.sink.got.length = 0;
    h.sink.dynamics.length = 0;
    h.lines.length = 0;
    if (i === 2000) {
      before = heapMB();
      timers = h.clock.pending;
    }
  }
  expect(heapMB() - before).toBeLessThan(2);
  expect(h.clock.pending).toBeLessThanOrEqual(timers + 1);
  expect(h.sources).toHaveLength(1);
  await h.end();
});
