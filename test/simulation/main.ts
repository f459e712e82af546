// Command line of the simulator (scripts/simulate.ts): which seeds, what is printed, what is recorded.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadModules } from './gateway.ts';
import { type Break, breaks, type RunResult, runSeed } from './run.ts';
import type { FaultKind } from './scenario.ts';
import { createScenario, textOf } from './scenario.ts';
import { shrink } from './shrink.ts';

/** @returns the exit code */
export async function main(args: readonly string[], wallMs: () => number): Promise<number> {
  const option = (name: string) => {
    const i = args.indexOf(`--${name}`);
    return i >= 0 ? args[i + 1] : undefined;
  };
  const seeds = seedsOf(args[0] && !args[0].startsWith('--') ? args[0] : '1-200');
  const broken = option('break') as Break | undefined;
  if (broken && !breaks.includes(broken)) {
    console.error(`--break is one of ${breaks.join(', ')}`);
    return 2;
  }
  await loadModules();
  const begunMs = wallMs();
  const total = { runs: 0, failed: 0, messages: 0, lives: 0, virtualMs: 0, events: 0 };
  const faults: Partial<Record<FaultKind, number>> = {};
  let firstFailure: RunResult | undefined;
  const file = option('record');
  const failed: number[] = [];
  /** Written as it goes, so that an interrupted campaign counts as far as it got. */
  const record = (seed: number) => {
    if (!file) return;
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
    const virtualHours = Math.round(total.virtualMs / 360_000) / 10;
    const text = JSON.stringify(
      { seeds: `${seeds[0]}-${seed}`, commit, node: process.version, ...total, virtualHours, failedSeeds: failed, faults },
      null,
      1,
    );
    writeFileSync(file, `${text}\n`);
  };
  for (const seed of seeds) {
    const result = await runSeed(seed, { broken, ...(args.includes('--trace') ? { keepLines: 1e6 } : {}) });
    if (args.includes('--twice')) {
      const again = await runSeed(seed, { broken });
      if (again.fingerprint !== result.fingerprint) result.violations.push('the same seed gave another trace');
    }
    total.runs++;
    total.messages += result.messages;
    total.lives += result.lives;
    total.virtualMs += result.virtualMs;
    total.events += result.events;
    for (const [kind, n] of Object.entries(result.faults)) faults[kind as FaultKind] = (faults[kind as FaultKind] ?? 0) + n;
    if (args.includes('--trace')) for (const line of result.lines) console.log(line);
    if (result.violations.length > 0) {
      total.failed++;
      failed.push(seed);
    }
    if (total.runs % 100 === 0 || seed === seeds.at(-1)) record(seed);
    if (result.violations.length === 0) continue;
    console.log(`seed ${seed}: ${result.violations.join('\n  ')}`);
    firstFailure ??= result;
    if (broken || args.includes('--first')) break;
  }
  const hours = (total.virtualMs / 3_600_000).toFixed(1);
  console.log(
    `${total.runs} seeds, ${total.failed} with violations; ${total.messages} messages, ${total.lives} lives, ${hours} virtual hours, ${total.events} events, ${((wallMs() - begunMs) / 1000).toFixed(1)} s`,
  );
  console.log(`faults: ${JSON.stringify(faults)}`);
  if (firstFailure && !args.includes('--no-shrink')) await explain(firstFailure.seed, broken);
  return total.failed > 0 ? 1 : 0;
}

/** The smallest run that fails in the same way, with the end of its trace. */
async function explain(seed: number, broken: Break | undefined): Promise<void> {
  const small = await shrink(createScenario(seed), broken);
  console.log(
    `\nsmallest failing run of seed ${seed}: rules ${small.scenario.rules.join(', ')}, a message each ${small.scenario.paceMs} ms`,
  );
  for (const f of small.scenario.faults) console.log(`  ${textOf(f)}`);
  for (const v of small.result.violations) console.log(`  ${v}`);
  console.log(small.result.lines.slice(-120).join('\n'));
}

/** `7`, `1-200`, `3,9,12`. */
function seedsOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [low, high] = part.split('-').map(Number) as [number, number | undefined];
    return Array.from({ length: (high ?? low) - low + 1 }, (_, i) => low + i);
  });
}
