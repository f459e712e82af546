// Long rounds of requests on a pty to instruments that lose, delay, double, damage and mix their answers; answers that tell whose they are and answers that
// do not. The record is bench/results/serial.json.
//   node scripts/serial-campaign.ts [requests 100000] [seed] [plain|named|binary: this part only, beside those of the record]
// Exits 1 when a value was filed under another instrument.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { dialects, requestCampaign } from '../test/connectors/serial/request-campaign.ts';

const [requests = '100000', seedText = String(Date.now() % 100_000), only] = process.argv.slice(2);
const seed = Number(seedText);
const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim();
const results: Record<string, unknown> = {};
const record = {
  at: new Date().toISOString(),
  // what runs, also when others commit meanwhile
  commit: run('git', 'rev-parse', '--short', 'HEAD'),
  node: process.version,
  machine: `${os.arch()}, ${os.cpus().length} cores`,
  seed,
  versions: { python: run('python3', '--version'), socat: /version (\S+)/.exec(run('socat', '-V'))?.[1] },
  results,
};
const parts = dialects.filter((d) => only === undefined || d === only);
const file = join(import.meta.dirname, '../bench/results/serial.json');
for (const dialect of parts) {
  const startMs = performance.now();
  const result = await requestCampaign(dialect, Math.ceil(Number(requests) / dialects.length), seed);
  results[dialect] = { ...result, seconds: Math.round((performance.now() - startMs) / 1000) };
  console.log(dialect, JSON.stringify(results[dialect]));
  if (only !== undefined && existsSync(file))
    record.results = { ...(JSON.parse(readFileSync(file, 'utf8')) as typeof record).results, ...results };
  writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`);
  if (result.wrong > 0) process.exitCode = 1;
}
console.log(`record: ${file}`);
