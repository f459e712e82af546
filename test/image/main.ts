// What must hold on the booted image, in order, with deadlines. Called by run.sh with the image's path; exit code 1 when a check
// failed. `--keep` leaves the scratch folder. Results with times go to image/out/test-image.json. Next files: vm.ts, checks/*.ts.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { boots } from './checks/boots.ts';
import { crashProtection } from './checks/crash-protection.ts';
import { isClosed } from './checks/is-closed.ts';
import { loginUser } from './checks/login-user.ts';
import { owner } from './checks/owner.ts';
import { pluginsContained } from './checks/plugins-contained.ts';
import { ruleRuns } from './checks/rule-runs.ts';
import { survivesReboot } from './checks/survives-reboot.ts';
import { withoutFile } from './checks/without-file.ts';
import { createReport } from './report.ts';
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
const only = process.argv.slice(3).filter((a) => !a.startsWith('--'));
const report = createReport(only);

const options: VmOptions = {
  image,
  dir: join(scratch, 'main'),
  gatewayYaml: GATEWAY_YAML,
  // The only difference to a shipped device: test hooks and a short healthy period.
  dropins: { 'kuiper.service': '[Service]\nEnvironment=KUIPER_TEST_HOOKS=1 KUIPER_HEALTHY_AFTER_MS=3000\n' },
};

mkdirSync(scratch, { recursive: true });
prepareDisk(options);
const vm = await startVm(options);
try {
  if (await boots(report, vm, options.dir)) {
    await isClosed(report, vm);
    await ruleRuns(report, vm);
    await pluginsContained(report, vm);
    await loginUser(report, vm, options.dir);
    await survivesReboot(report, vm);
    await crashProtection(report, vm);
  }
} finally {
  await vm.kill();
}
await withoutFile(report, image, join(scratch, 'bare'));
await owner(report, image, join(scratch, 'owner'));

const { failed } = report;
writeFileSync(join(image, '../test-image.json'), `${JSON.stringify(report.results, null, 2)}\n`);
if (!process.argv.includes('--keep') && failed === 0) rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`${report.results.length} checks, ${failed} failed, ${Math.round(performance.now() / 1000)} s\n`);
process.exit(failed === 0 ? 0 : 1);
