// Every SQL function and template function with hostile input of up to 1 MB, by the clock: node scripts/budget-campaign.ts [kB] [only].
// No call may hold the thread for more than 100 ms of CPU or take more than 64 MB; what does is tried again twice, since a collection of
// garbage may fall into it. Writes a record to bench/results with -w. The same calls, counted in steps, are in test/suites/budget.
import { callsOf } from '../test/suites/budget/calls.ts';
import { hostileValues } from '../test/suites/budget/hostile-values.ts';

const [kb = '1000', only = ''] = process.argv.slice(2);
const units = Number(kb) * 1000;
const values = hostileValues(units, 64 * 1024 * 1024);
const names = Object.keys(values);
const pairs = hostileValues(units / 2, 64 * 1024 * 1024);
const calls = callsOf(['scalar', 'aggregate', 'analytic', 'table']).filter((c) => c.sql.includes(only));
const worst: { ms: number; mb: number; sql: string; with: string; kind: string; text: string }[] = [];
let n = 0;
const cpuMs = () => {
  const u = process.threadCpuUsage();
  return (u.user + u.system) / 1000;
};
for (const call of calls) {
  const tuples: string[][] = [];
  if (call.columns <= 1) for (const a of names) tuples.push([a]);
  else
    for (const a of names) {
      tuples.push(Array(call.columns).fill(a));
      for (const b of [
        'text of one letter',
        'text that nearly repeats',
        'pattern that explodes',
        'number thousand',
        'number million',
        'number of 2^63-1',
        'array of distinct objects',
        'array of arrays',
        'object with many members',
        'replacement of references',
        'array with shared parts, 12 levels',
      ]) {
        tuples.push([a, ...Array(call.columns - 1).fill(b)]);
        tuples.push([...Array(call.columns - 1).fill(b), a]);
      }
    }
  let top = 0,
    topWith = '';
  for (const t of tuples) {
    const args = t.map((k) => (call.columns > 1 ? pairs : values)[k]);
    let best = Infinity,
      mb = Infinity,
      out: any;
    for (let i = 0; i < 3 && (best > 100 || mb > 64); i++) {
      if (i > 0) (globalThis as any).gc?.();
      const m0 = process.memoryUsage();
      const c0 = cpuMs();
      out = call.run(args);
      const ms = cpuMs() - c0;
      const m1 = process.memoryUsage();
      best = Math.min(best, ms);
      mb = Math.min(mb, (m1.heapUsed + m1.external - (m0.heapUsed + m0.external)) / 1e6);
    }
    n++;
    if (best > top) {
      top = best;
      topWith = t.join(' + ');
    }
    if (best > 1000) console.log(`! ${best.toFixed(0)} ms ${call.sql} ${t.join(' + ')} ${out.kind}`);
    if (best > 100 || mb > 64 || out.kind === 'broken')
      worst.push({ ms: best, mb, sql: call.sql, with: t.join(' + '), kind: out.kind, text: out.text.slice(0, 150) });
  }
  console.log(`${call.sql.padEnd(46)} ${tuples.length} worst ${top.toFixed(0)} ms ${topWith}`);
}
console.log(`${n} calls`);
for (const w of worst.sort((a, b) => b.ms - a.ms))
  console.log(`${w.ms.toFixed(0)} ms ${w.mb.toFixed(0)} MB ${w.kind} ${w.sql} | ${w.with} | ${w.text}`);
