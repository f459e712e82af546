// What the rest of the gateway knows of a rule — its device, its plugins — stands in the rule's health.
import { afterEach, expect, it } from 'vitest';
import type { Cause } from '../../../src/runtime/index.ts';
import { filterProgram, harness } from '../harness.ts';

let h: ReturnType<typeof harness>;
afterEach(() => h.end());
const cause = (kind: string, problem: boolean): Cause => ({
  step: 'rule',
  at: 'clock',
  kind,
  problem,
  text: `${kind} it is.`,
  cure: 'Do so.',
  sinceMs: 0,
  count: 1,
});

// @covers issue:18#3
it('a problem of the device makes each running rule not ok, a note does not, and both end with their cause', async () => {
  let causes: Cause[] = [];
  h = harness({ outside: () => causes });
  const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
  await rule.start();
  expect(rule.health()).toMatchObject({ ok: true, notes: [] });
  causes = [cause('clock-jumped', false)];
  expect(rule.health()).toMatchObject({ ok: true, problems: [], notes: ['clock-jumped it is. Do so.'], causes });
  causes = [cause('clock-wrong', true)];
  expect(rule.health()).toMatchObject({ ok: false, problems: ['clock-wrong it is. Do so.'], notes: [], causes });
  causes = [];
  expect(rule.health()).toMatchObject({ ok: true, problems: [], notes: [], causes: [] });
  causes = [cause('clock-wrong', true)];
  await rule.stop();
  expect(rule.health().problems).toEqual([]);
});

// @covers issue:18#3
it('what is known of one rule stands in its health only', async () => {
  h = harness();
  const held = cause('plugin-version', false);
  const with_ = h.runtime.createRule({ ...h.define('with', filterProgram('a')), outside: () => [held] });
  const without = h.runtime.createRule(h.define('without', filterProgram('a')));
  await Promise.all([with_.start(), without.start()]);
  expect(with_.health()).toMatchObject({ ok: true, notes: ['plugin-version it is. Do so.'] });
  expect(without.health()).toMatchObject({ ok: true, notes: [] });
});
