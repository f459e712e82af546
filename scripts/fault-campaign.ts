// Every file-system call of a short life of the gateway fails once in turn, with each kind of fault; figures go to bench/results/faults.json.
// `--every n` takes each nth call only; `--seconds n` ends sooner. Part of `make campaign`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FAULTS, type Fault, runWithFault } from '../test/faults/inject/inject.ts';

const { values } = parseArgs({
  options: { every: { type: 'string', default: '1' }, from: { type: 'string', default: '1' }, seconds: { type: 'string', default: '0' } },
});
const every = Number(values.every);
const endsAtMs = Number(values.seconds) > 0 ? Date.now() + Number(values.seconds) * 1000 : Number.POSITIVE_INFINITY;
const kinds = Object.keys(FAULTS) as Fault[];
const { calls } = await runWithFault(0, 'EIO');
const broken: string[] = [];
const byCall: Record<string, number> = {};
let runs = 0;
let refused = 0;
let turn = 0;
for (let at = Number(values.from); at <= calls && Date.now() < endsAtMs; at += every) {
  // with --every the kinds take turns; else each call meets all of them
  for (const kind of every > 1 ? [kinds[turn++ % kinds.length]!] : kinds) {
    const run = await runWithFault(at, kind);
    if (run.failed === undefined) continue;
    runs++;
    refused += run.refused.length;
    const call = `${run.failed.split(' ')[1]} ${kind}`;
    byCall[call] = (byCall[call] ?? 0) + 1;
    for (const b of run.broken) broken.push(`${run.failed} ${kind}: ${b}`);
    if (run.broken.length > 0) console.log(run.failed, kind, run.broken, run.refused);
  }
}
const record = { at: new Date().toISOString(), node: process.version, callsInScenario: calls, every, runs, refused, byCall, broken };
writeFileSync(path.join(import.meta.dirname, '../bench/results/faults.json'), `${JSON.stringify(record, null, 1)}\n`);
console.log(`${runs} faults, ${refused} calls refused, ${broken.length} promises broken`);
process.exit(broken.length > 0 ? 1 : 0);
