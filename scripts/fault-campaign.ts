// Every file-system call of a short life of the gateway fails once in turn, with each kind of fault; figures go to bench/results/faults.json.
// Pass by pass: in the first each call meets one kind, the kinds taking turns; in the next the next kind, so that a campaign that ends early
// has still met every call. `--every n` takes each nth call only; `--seconds n` ends sooner; `--lanes n` lives at a time; `--resume` goes on
// with the record where it ended, and what broke a promise is tried first. Part of `make campaign`.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FAULTS, type Fault, runWithFault } from '../test/faults/inject/inject.ts';

const { values } = parseArgs({
  options: {
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '0' },
    lanes: { type: 'string', default: '2' },
    /** Calls that read fail as well; there is one kind of fault for these. */
    reads: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
  },
});
const FILE = path.join(import.meta.dirname, `../bench/results/${values.reads ? 'read-faults' : 'faults'}.json`);
const every = Number(values.every);
const endsAtMs = Number(values.seconds) > 0 ? Date.now() + Number(values.seconds) * 1000 : Number.POSITIVE_INFINITY;
const kinds: readonly Fault[] = values.reads ? ['EIO'] : (Object.keys(FAULTS) as Fault[]);
const calm = await runWithFault(0, 'EIO', values.reads);
const plan: { at: number; kind: Fault }[] = [];
for (let pass = 0; pass < kinds.length; pass++)
  for (let at = Number(values.from); at <= calm.calls; at += every) {
    const kind = kinds[(at + pass) % kinds.length]!;
    // only what writes can write half
    if (kind === 'short' && !/write$/.test(calm.names[at - 1]!)) continue;
    plan.push({ at, kind });
    // with --every one kind each is enough
  }
if (every > 1) plan.splice(Math.ceil((calm.calls - Number(values.from) + 1) / every));
const planned = plan.length;
interface FaultRecord {
  at: string;
  node: string;
  /** Calls of a life without faults, and how many of them have failed at least once. */
  callsInScenario: number;
  callsMet: number;
  every: number;
  planned: number;
  runs: number;
  /** REST calls, or starts, that were refused with words. */
  refused: number;
  byCall: Record<string, number>;
  broken: string[];
}
const before = values.resume ? (JSON.parse(readFileSync(FILE, 'utf8')) as FaultRecord) : undefined;
const broken: string[] = calm.broken.map((b) => `no fault: ${b}`);
const byCall: Record<string, number> = { ...before?.byCall };
const met = new Set<number>();
let runs = before?.runs ?? 0;
let refused = before?.refused ?? 0;
plan.splice(0, before?.runs ?? 0);
for (const b of before?.broken ?? []) {
  const [, at, kind] = /^(\d+) \S+ FAILED (\w+):/.exec(b) ?? [];
  if (at === undefined) continue;
  plan.unshift({ at: Number(at), kind: kind as Fault });
  runs--;
}
const write = (): void => {
  const sorted = Object.fromEntries(Object.entries(byCall).sort(([a], [b]) => (a < b ? -1 : 1)));
  const record: FaultRecord = {
    at: new Date().toISOString(),
    node: process.version,
    callsInScenario: calm.calls,
    callsMet: Math.max(met.size, before?.callsMet ?? 0),
    every,
    planned,
    runs,
    refused,
    byCall: sorted,
    broken,
  };
  writeFileSync(`${FILE}.new`, `${JSON.stringify(record, null, 1)}\n`);
  renameSync(`${FILE}.new`, FILE);
};
const lane = async (): Promise<void> => {
  for (let next = plan.shift(); next && Date.now() < endsAtMs; next = plan.shift()) {
    const { at, kind } = next;
    const run = await runWithFault(at, kind, values.reads);
    // a life that had fewer calls than the one that was counted
    if (run.failed === undefined && run.broken.length === 0) continue;
    const failed = run.failed ?? `${at} ?`;
    runs++;
    met.add(at);
    refused += run.refused.length;
    const call = `${failed.split(' ')[1]} ${kind}`;
    byCall[call] = (byCall[call] ?? 0) + 1;
    for (const b of run.broken) broken.push(`${failed} ${kind}: ${b}`);
    if (run.broken.length > 0) console.log(failed, kind, run.broken, run.refused);
    if (runs % 50 === 0) {
      console.log(`${new Date().toISOString()} ${runs} of ${planned}`);
      write();
    }
  }
};
await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
write();
console.log(`${runs} faults, ${refused} calls refused, ${broken.length} promises broken`);
process.exit(broken.length > 0 ? 1 : 0);
