// Kills under load, until there were so many: node scripts/kill-campaign.ts [kills] [first seed]. Each round is a storm of its own (test/faults/storm.ts): QoS 1
// messages, rules that are replaced and restarted, a broker of the sinks that comes and goes, and in two of three cases a SIGKILL. What was done stands
// in .cache/kill-campaign.json, so that a run that was stopped goes on; the record is bench/results/kills.json. Exits 1 on any loss.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { storm } from '../test/faults/storm.ts';

interface Totals {
  startedAt: string;
  rounds: {
    seed: number;
    commit: string;
    sent: number;
    did: Record<string, number>;
    lost: number;
    altered: number;
    outOfOrder: number;
    duplicates: number;
  }[];
}

const root = path.join(import.meta.dirname, '..');
const stateFile = path.join(root, '.cache/kill-campaign.json');
const recordFile = path.join(root, 'bench/results/kills.json');
const FAULTS_PER_ROUND = 50;
const [wanted = 1000, firstSeed = 1] = process.argv.slice(2).map(Number);
const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
const write = (file: string, value: unknown): void => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(value, undefined, 1)}\n`);
  renameSync(`${file}.new`, file);
};

const totals: Totals = existsSync(stateFile)
  ? (JSON.parse(readFileSync(stateFile, 'utf8')) as Totals)
  : { startedAt: new Date().toISOString(), rounds: [] };
const sum = (of: (r: Totals['rounds'][number]) => number): number => totals.rounds.reduce((n, r) => n + of(r), 0);
const kills = () => sum((r) => r.did['kill'] ?? 0);

while (kills() < wanted) {
  const seed = firstSeed + totals.rounds.length;
  const r = await storm({
    seed,
    faults: FAULTS_PER_ROUND,
    kinds: [...new Array<'kill'>(12).fill('kill'), 'put', 'putWindow', 'restart', 'sinkAway', 'stopOther'],
    rate: 100,
    pauseMs: 500,
    // every second round goes through the disk early
    sinkProps: seed % 2 === 0 ? { enableCache: true, memoryCacheThreshold: 64, bufferPageSize: 16 } : {},
    drainMs: 60_000,
  });
  const lost = Object.values(r.lost).reduce((n, list) => n + list.length, 0);
  totals.rounds.push({
    seed,
    commit,
    sent: r.sent,
    did: r.did,
    lost,
    altered: r.altered,
    outOfOrder: r.outOfOrder,
    duplicates: r.duplicates,
  });
  write(stateFile, totals);
  console.log(`seed ${seed}: ${JSON.stringify({ ...r, lost })}; in all ${kills()} kills`);
  for (const [rule, list] of Object.entries(r.lost))
    if (list.length > 0) console.log(`${rule}: ${list.length} did not come out, from ${list[0]} to ${list.at(-1)}`);
}
const did: Record<string, number> = {};
for (const r of totals.rounds) for (const [kind, n] of Object.entries(r.did)) did[kind] = (did[kind] ?? 0) + n;
const record = {
  at: new Date().toISOString(),
  startedAt: totals.startedAt,
  node: process.version,
  commits: [...new Set(totals.rounds.map((r) => r.commit))],
  seeds: [totals.rounds[0]?.seed, totals.rounds.at(-1)?.seed],
  did,
  sent: sum((r) => r.sent),
  lost: sum((r) => r.lost),
  altered: sum((r) => r.altered),
  outOfOrder: sum((r) => r.outOfOrder),
  duplicates: sum((r) => r.duplicates),
};
write(recordFile, record);
console.log(record);
if (record.lost > 0 || record.altered > 0 || record.outOfOrder > 0) process.exitCode = 1;
