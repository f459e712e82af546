// What a message may cost, counted: bytes on the heap and executed blocks by stage, the same on every machine. A change that makes the path dearer fails
// here; when it is worth it, `node --min-semi-space-size=64 --max-semi-space-size=64 bench/costs.ts --save` writes the new budgets.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Cost } from '../../bench/costs.ts';

const budgets = JSON.parse(readFileSync('bench/budgets.json', 'utf8')) as Record<string, Omit<Cost, 'name'>>;
const out = execFileSync(process.execPath, ['--min-semi-space-size=64', '--max-semi-space-size=64', 'bench/costs.ts'], {
  encoding: 'utf8',
  timeout: 60_000,
});
const costs = out
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Cost);

describe('one message', () => {
  it('is measured in every way that has a budget', () => {
    expect(costs.map((c) => c.name)).toEqual(Object.keys(budgets));
  });

  // @covers issue:24#9
  it.each(costs.map((c) => [c.name, c] as const))(
    '(%s) costs no more bytes and no more work in any stage than its budget',
    (name, cost) => {
      const budget = budgets[name]!;
      expect(cost.items).toBe(budget.items);
      // what the platform allocates may change a little with its version
      expect(cost.bytes).toBeLessThanOrEqual(budget.bytes * 1.03);
      for (const [stage, work] of Object.entries(cost.work))
        expect(work, `blocks of stage ${stage}`).toBeLessThanOrEqual((budget.work[stage] ?? 0) * 1.1 + 1);
      // a budget that is much too wide holds nothing: --save when the path became cheaper
      expect(cost.bytes).toBeGreaterThan(budget.bytes * 0.8);
    },
  );
});
