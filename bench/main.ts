// `make bench`: each scenario measures our daemon and the bare loop interleaved in one run, on the same broker and cores, and reports ratios.
//   node bench/main.ts [--only filter-nop,flood] [--runs 5] [--rate 20000] [--count 200000] [--out FILE]
// Results go to bench/results/<machine>/<date>-<commit>.json with machine, versions and every single run.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { haveMosquitto } from '../test/helpers/mosquitto.ts';
import { scenarios } from './scenarios/index.ts';

export interface BenchOptions {
  runs: number;
  rate: number;
  count: number;
}

const args = process.argv.slice(2);
const option = (name: string, fallback: string) => {
  const i = args.indexOf(`--${name}`);
  return i >= 0 ? args[i + 1]! : fallback;
};
const options: BenchOptions = {
  runs: Number(option('runs', '5')),
  rate: Number(option('rate', '20000')),
  count: Number(option('count', '200000')),
};
const only = option('only', '').split(',').filter(Boolean);
const git = (...a: string[]) => execFileSync('git', a, { encoding: 'utf8' }).trim();
const model = /model name\s*:\s*(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? os.arch();
const report: Record<string, unknown> = {
  date: new Date().toISOString(),
  commit: git('rev-parse', '--short', 'HEAD'),
  machine: { cpu: model, cores: os.cpus().length, memoryBytes: os.totalmem(), kernel: os.release() },
  versions: {
    node: process.version,
    mosquitto: haveMosquitto
      ? execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin mosquitto -h | head -1'], { encoding: 'utf8' }).trim()
      : 'missing',
  },
  options,
  scenarios: {} as Record<string, unknown>,
};
if (!haveMosquitto) console.log('mosquitto is not installed (apt-get install mosquitto): scenarios with a broker are left out');
for (const scenario of scenarios) {
  if (only.length && !only.includes(scenario.name)) continue;
  if (scenario.needsBroker && !haveMosquitto) continue;
  console.log(`\n== ${scenario.name}: ${scenario.doc}`);
  const result = await scenario.run(options);
  (report['scenarios'] as Record<string, unknown>)[scenario.name] = result;
  for (const line of scenario.print(result as never)) console.log(`   ${line}`);
}
const folder = `bench/results/${os.hostname().replace(/[^\w-]/g, '') ? `${os.arch()}-${os.cpus().length}core` : 'machine'}`;
const file = option('out', `${folder}/${new Date().toISOString().slice(0, 10)}-${report['commit']}.json`);
if (args.includes('--no-save')) process.exit(0);
mkdirSync(folder, { recursive: true });
writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
console.log(`\nresults: ${file}`);
process.exit(0);
