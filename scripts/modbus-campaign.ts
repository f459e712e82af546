// Long rounds of the Modbus tests against each installed peer (pymodbus, libmodbus): transactions with faults by the proxy, half over TCP and half over RTU
// on ptys; then the server killed and the adapter pulled out again and again. The record is bench/results/modbus.json, written after each round.
//   node scripts/modbus-campaign.ts [transactions 100000] [seed] [kills and unplugs 100]
// Exits 1 when a value was wrong or invented, when a return took longer than 3 s, or when no peer is installed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { faultCampaign } from '../test/connectors/modbus/fault-campaign.ts';
import { peers } from '../test/connectors/modbus/peers.ts';
import { killRounds, type ReturnRounds, unplugRounds } from '../test/connectors/modbus/return-rounds.ts';

const LIMIT_MS = 3000;
const [transactions = '100000', seedText = String(Date.now() % 100_000), rounds = '100'] = process.argv.slice(2);
const seed = Number(seedText);
const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim();
const versionOf: Record<string, () => string> = {
  pymodbus: () => run('.cache/pymodbus/bin/python', '-c', 'import pymodbus; print(pymodbus.__version__)'),
  libmodbus: () => /LIBMODBUS_VERSION_STRING "(.*)"/.exec(readFileSync('/usr/include/modbus/modbus-version.h', 'utf8'))?.[1] ?? 'unknown',
};
// what runs, also when others commit meanwhile
const commit = run('git', 'rev-parse', '--short', 'HEAD');
const installed = peers.filter((p) => p.have);
const record = {
  at: new Date().toISOString(),
  commit,
  node: process.version,
  machine: `${os.arch()}, ${os.cpus().length} cores`,
  seed,
  versions: Object.fromEntries(installed.map((p) => [p.name, versionOf[p.name]!()])),
  results: [] as Record<string, unknown>[],
};
const FILE = join(import.meta.dirname, '../bench/results/modbus.json');
const tell = (line: Record<string, unknown>, good: boolean) => {
  record.results.push(line);
  writeFileSync(FILE, `${JSON.stringify(record, null, 1)}\n`);
  console.log(JSON.stringify(line));
  if (!good) process.exitCode = 1;
};
for (const peer of installed) {
  const about = { peer: peer.name };
  if (Number(transactions) > 0)
    for (const kind of ['tcp', 'rtu'] as const) {
      const startMs = performance.now();
      const r = await faultCampaign(peer, kind, Number(transactions) / 2, seed);
      tell({ ...about, round: `faults ${kind}`, ...r, seconds: Math.round((performance.now() - startMs) / 1000) }, !r.wrong && !r.invented);
    }
  if (Number(rounds) === 0) continue;
  const returns = (round: string, r: ReturnRounds) => {
    const sorted = [...r.returnMs].sort((a, b) => a - b);
    const maxMs = sorted.at(-1)!;
    const medianMs = sorted[Math.floor(sorted.length / 2)];
    tell({ ...about, round, rounds: sorted.length, wrong: r.wrong, medianMs, maxMs }, r.wrong === 0 && maxMs <= LIMIT_MS);
  };
  returns('server killed', await killRounds(peer, Number(rounds)));
  returns('adapter unplugged', await unplugRounds(peer, Number(rounds)));
}
if (installed.length === 0) {
  console.error('no peer is installed: run scripts/test-deps.sh');
  process.exitCode = 1;
} else console.log(`record: ${FILE}`);
