// Kills a portable plugin of eKuiper's SDK in Python that is source and sink of a rule of a whole gateway, 100 times, half of them at moments of chance.
// Results go to bench/results/<machine>.
//   node scripts/portable-campaign.ts [kills 100] [seed]
// Exits 1 when rows did not come again within a minute, came twice or out of order, or when the SDK is not installed (scripts/test-deps.sh).
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { writeArchive } from '../src/plugin-host/index.ts';
import { portableKills } from '../test/extensions/portable-kills.ts';
import { hasSdk, SDK_PYTHON, samplePlugin, uniqueName } from '../test/extensions/portable-sample.ts';
import { randomFrom } from '../test/helpers/random.ts';
import { realGateway } from '../test/helpers/real-gateway.ts';

const [kills = '100', seedText = String(Date.now() % 100_000)] = process.argv.slice(2);
if (!hasSdk) {
  console.error('the SDK is not installed: run scripts/test-deps.sh');
  process.exit(1);
}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const seed = Number(seedText);
const plugin = uniqueName();
const g = await realGateway({ KUIPER__PORTABLE__PYTHONBIN: SDK_PYTHON });
try {
  writeFileSync(join(g.root, 'data/uploads/plugin.zip'), writeArchive(samplePlugin(plugin)));
  const out = join(g.root, 'rows.txt');
  const made = [
    await g.call('POST', '/plugins/portables', { name: plugin, file: `file://${join(g.root, 'data/uploads/plugin.zip')}` }),
    await g.call('POST', '/streams', {
      sql: `CREATE STREAM count () WITH (TYPE="${plugin}count", DATASOURCE="here", FORMAT="json", CONF_KEY="steady")`,
    }),
    await g.call('POST', '/rules', {
      id: 's',
      sql: 'SELECT n, pid FROM count',
      actions: [{ [`${plugin}lines`]: { file: out, requireAck: true } }],
    }),
  ];
  const refused = made.find((m) => m.status >= 300);
  if (refused) throw new Error(refused.text);
  const startMs = performance.now();
  const report = await portableKills(g, { plugin, out, kills: Number(kills), random: randomFrom(seed) });
  const date = new Date().toISOString();
  const result = { ...report, seconds: Math.round((performance.now() - startMs) / 1000) };
  console.log(JSON.stringify(result));
  const folder = `bench/results/${os.arch()}-${os.cpus().length}core`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}/portable-${date.slice(0, 10)}-${commit}-seed${seed}.json`,
    `${JSON.stringify({ date, commit, node: process.version, machine: `${os.arch()}, ${os.cpus().length} cores`, seed, ...result }, null, 1)}\n`,
  );
  if (report.disordered.length > 0 || report.twice > Number(kills) || report.restarts < Number(kills)) process.exitCode = 1;
} finally {
  await g.close();
}
