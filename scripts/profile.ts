// `make profile`: where the daemon's CPU time goes. Runs one scenario of the bench with a profiler in the daemon, and writes a flame graph (one HTML
// file, no network) and a table of functions.
//   node scripts/profile.ts [scenario] [--rate 20000] [--count 200000] [--out .run/profile]      scenario: filter-mqtt
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CpuProfile, flameHtml, tableOf } from '../bench/flame.ts';

const args = process.argv.slice(2);
const option = (name: string, fallback: string) => {
  const i = args.indexOf(`--${name}`);
  return i >= 0 ? args[i + 1]! : fallback;
};
const scenario = args[0] && !args[0].startsWith('--') ? args[0] : 'filter-mqtt';
const out = resolve(option('out', '.run/profile'));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const bench = [
  'bench/main.ts',
  '--only',
  scenario,
  '--runs',
  '1',
  '--rate',
  option('rate', '20000'),
  '--count',
  option('count', '200000'),
  '--no-save',
];
execFileSync(process.execPath, bench, { stdio: 'inherit', env: { ...process.env, KUIPER_CPU_PROFILE: out } });
// the daemon's is the largest, should a scenario start several
const files = readdirSync(out)
  .filter((f) => f.endsWith('.cpuprofile'))
  .map((f) => join(out, f))
  .sort((a, b) => statSync(b).size - statSync(a).size);
if (files.length === 0) {
  console.error(`scenario ${scenario} started no daemon, so there is nothing to show`);
  process.exit(1);
}
const profile = JSON.parse(readFileSync(files[0]!, 'utf8')) as CpuProfile;
const page = join(out, 'flame.html');
writeFileSync(page, flameHtml(profile, `kuiperd, scenario ${scenario}`));
for (const line of tableOf(profile, 25)) console.log(line);
console.log(`flame graph: ${page}`);
