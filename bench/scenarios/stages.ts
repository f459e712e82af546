// Costs of one message by stage, counted (bench/costs.ts): the same on a busy machine.
import { execFileSync } from 'node:child_process';
import type { Cost } from '../costs.ts';
import type { Scenario } from './index.ts';

export const stages: Scenario<Cost[]> = {
  name: 'stages',
  doc: 'bytes allocated and blocks executed for one message, by stage (unoptimised code; no times)',
  needsBroker: false,
  async run() {
    const flags = ['--min-semi-space-size=64', '--max-semi-space-size=64', 'bench/costs.ts'];
    const out = execFileSync(process.execPath, flags, { encoding: 'utf8' });
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Cost);
  },
  print: (costs) =>
    costs.map((c) => {
      const work = Object.entries(c.work).map(([stage, n]) => `${stage} ${Math.round(n)}`);
      return `${c.name}: ${c.bytes} bytes, ${c.items} items; ${work.join(', ')}`;
    }),
};
