// Makes a failing run smaller: leaves faults and rules out as long as what is left fails.
import { type Break, type RunResult, runSeed } from './run.ts';
import type { Scenario } from './scenario.ts';

export async function shrink(start: Scenario, broken: Break | undefined): Promise<{ scenario: Scenario; result: RunResult }> {
  let scenario = start;
  let result = await runSeed(start.seed, { broken, scenario });
  const fails = async (candidate: Scenario): Promise<boolean> => {
    const next = await runSeed(candidate.seed, { broken, scenario: candidate });
    if (next.violations.length === 0) return false;
    scenario = candidate;
    result = next;
    return true;
  };
  for (let again = true; again; ) {
    again = false;
    for (let i = scenario.faults.length - 1; i >= 0; i--)
      if (await fails({ ...scenario, faults: scenario.faults.filter((_, j) => j !== i) })) again = true;
    for (let i = scenario.rules.length - 1; i >= 0 && scenario.rules.length > 1; i--)
      if (await fails({ ...scenario, rules: scenario.rules.filter((_, j) => j !== i) })) again = true;
  }
  return { scenario, result };
}
