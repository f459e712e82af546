// What must hold on the booted image, in order, with deadlines. Called by run.sh with the image's path; exit code 1 when a check
// failed. `--part=main,bare,owner,watchdog,release` runs some of the machines, other words are parts of names of checks, `--keep` leaves the scratch folder. Results
// with times go to image/out/test-image.json, and with `--record` to test/image/record.json, which is committed. Next files: vm.ts, checks/*.ts, record.ts.
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { boots, idle } from './checks/boots.ts';
import { crashProtection } from './checks/crash-protection.ts';
import { releaseFiles } from './checks/docs.ts';
import { isClosed } from './checks/is-closed.ts';
import { loginUser } from './checks/login-user.ts';
import { owner } from './checks/owner.ts';
import { pluginsContained } from './checks/plugins-contained.ts';
import { ruleRuns } from './checks/rule-runs.ts';
import { survivesReboot } from './checks/survives-reboot.ts';
import { watchdog } from './checks/watchdog.ts';
import { withoutFile } from './checks/without-file.ts';
import { writeResults } from './record.ts';
import { createReport, type Report } from './report.ts';
import { prepareDisk, startVm, type VmOptions } from './vm.ts';

const GATEWAY_YAML = `# test
hostname: kuiper-test
timezone: Europe/Berlin
ssh:
  keys:
    - @KEY@
mqtt:
  password: open-Sesame-42
streams:
  - CREATE STREAM provisioned () WITH (DATASOURCE="provisioned/#", FORMAT="JSON")
rules:
  - id: provisioned
    sql: SELECT * FROM provisioned
    actions: [{nop: {}}]
plugins: [functions/none.ts]
`;

const image = resolve(process.argv[2] ?? '');
const scratch = resolve(process.env['KUIPER_TEST_DIR'] ?? join(image, '../vm'));
const flags = process.argv.slice(3).filter((a) => a.startsWith('--'));
const only = process.argv.slice(3).filter((a) => !a.startsWith('--'));

/** The ordinary device, through its life. */
async function main(report: Report): Promise<void> {
  const options: VmOptions = {
    image,
    dir: join(scratch, 'main'),
    gatewayYaml: GATEWAY_YAML,
    // The only difference to a shipped device: test hooks and shorter periods.
    dropins: {
      'kuiper.service': '[Service]\nEnvironment=KUIPER_TEST_HOOKS=1 KUIPER_HEALTHY_AFTER_MS=3000\n',
      'kuiper-update.service':
        '[Service]\nExecStart=\nExecStart=/opt/kuiper/lib/bin/node /opt/kuiper/lib/dist/update.mjs --fill-after-s 20\n',
    },
  };
  // after work on a check: the device of the last run goes on
  if (!process.env['KUIPER_KEEP_DISK']) prepareDisk(options);
  const vm = await startVm(options);
  try {
    if (!(await boots(report, vm, options.dir))) return;
    await isClosed(report, vm);
    await ruleRuns(report, vm);
    await pluginsContained(report, vm, options.dir);
    await loginUser(report, vm, options.dir);
    await idle(report, vm);
    await survivesReboot(report, vm);
    await crashProtection(report, vm);
  } finally {
    await vm.kill();
  }
}

const PARTS: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  main,
  bare: (report) => withoutFile(report, image, join(scratch, 'bare')),
  owner: (report) => owner(report, image, join(scratch, 'owner')),
  watchdog: (report) => watchdog(report, image, join(scratch, 'watchdog')),
  release: (report) => releaseFiles(report, image, join(scratch, 'release')),
};

const asked =
  flags
    .find((f) => f.startsWith('--part='))
    ?.slice(7)
    .split(',') ?? Object.keys(PARTS);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}: ${Object.keys(PARTS).join(', ')}`);
mkdirSync(scratch, { recursive: true });
let failed = 0;
let number = 0;
for (const name of asked) {
  const report = createReport(only);
  await PARTS[name]!(report);
  failed += report.failed;
  number += report.results.length;
  await writeResults({ image, part: name, results: report.results, whole: only.length === 0, record: flags.includes('--record') });
}
if (!flags.includes('--keep') && failed === 0) rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`${number} checks, ${failed} failed, ${Math.round(performance.now() / 1000)} s\n`);
process.exit(failed === 0 ? 0 : 1);
