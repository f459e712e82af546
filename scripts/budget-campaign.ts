// Every SQL function with hostile input of up to 1 MB, by the clock: node --expose-gc scripts/budget-campaign.ts [kB] [sample] [record.json].
// No call may hold the thread for more than 100 ms of CPU or keep more than 64 MB; a call that does is tried three times, since a collection
// of garbage may fall into it. `sample` is the number of pairs of values per call with several arguments, chosen by a fixed seed.
// The same calls, counted in steps, are in test/suites/budget.
import { writeFileSync } from 'node:fs';
import type { Value } from '../src/data/value.ts';
import { callsOf } from '../test/suites/budget/calls.ts';
import { hostileValues } from '../test/suites/budget/hostile-values.ts';

const [kilobytes = '1000', sample = '40', record = ''] = process.argv.slice(2);
const SEED = 20_261_130;
const LIMIT_MS = 100;
const LIMIT_MB = 64;
const BOMB_BYTES = 64 * 1024 * 1024;
const units = Number(kilobytes) * 1000;
const whole = hostileValues(units, BOMB_BYTES);
const halves = hostileValues(units / 2, BOMB_BYTES);
const names = Object.keys(whole);

let seed = SEED;
const random = (n: number): number => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % n;
};
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const heldMb = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
};
const collect = (globalThis as { gc?: () => void }).gc;

interface Over {
  sql: string;
  values: string;
  ms: number;
  mb: number;
  outcome: string;
}
const over: Over[] = [];
const worst: { sql: string; values: string; ms: number }[] = [];
let runs = 0;
for (const call of callsOf(['scalar', 'aggregate', 'analytic', 'table'])) {
  const several = call.columns > 1;
  const tuples = several
    ? [
        ...names.map((a) => Array<string>(call.columns).fill(a)),
        ...Array.from({ length: Number(sample) }, () => Array.from({ length: call.columns }, () => names[random(names.length)]!)),
      ]
    : names.map((a) => [a]);
  let top = { sql: call.sql, values: '', ms: 0 };
  for (const tuple of tuples) {
    const args: Value[] = tuple.map((name) => (several ? halves : whole)[name]);
    let [ms, mb, outcome] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, ''];
    for (let i = 0; i < 3 && (ms > LIMIT_MS || mb > LIMIT_MB); i++) {
      if (i > 0) collect?.();
      const [fromMb, fromMs] = [heldMb(), cpuMs()];
      const result = call.run(args);
      ms = Math.min(ms, cpuMs() - fromMs);
      mb = Math.min(mb, heldMb() - fromMb);
      outcome = result.kind === 'broken' ? `broken: ${result.text.slice(0, 100)}` : result.kind;
    }
    runs++;
    const values = tuple.join(' + ');
    if (ms > top.ms) top = { sql: call.sql, values, ms: Math.round(ms) };
    if (ms > LIMIT_MS || mb > LIMIT_MB || outcome.startsWith('broken'))
      over.push({ sql: call.sql, values, ms: Math.round(ms), mb: Math.round(mb), outcome });
  }
  worst.push(top);
  console.log(`${call.sql.padEnd(50)} ${String(tuples.length).padStart(4)}  worst ${top.ms} ms  ${top.values}`);
}
over.sort((a, b) => b.ms - a.ms);
console.log(`${runs} calls of up to ${kilobytes} kB, ${over.length} over ${LIMIT_MS} ms of CPU or ${LIMIT_MB} MB`);
for (const o of over) console.log(`${o.ms} ms ${o.mb} MB ${o.outcome}  ${o.sql}  ${o.values}`);
if (record !== '')
  writeFileSync(
    record,
    `${JSON.stringify({ campaign: 'budget', node: process.version, kilobytes: Number(kilobytes), sample: Number(sample), seed: SEED, runs, limitMs: LIMIT_MS, limitMb: LIMIT_MB, over, worst: worst.sort((a, b) => b.ms - a.ms).slice(0, 30) }, null, 2)}\n`,
  );
process.exitCode = over.length > 0 ? 1 : 0;
