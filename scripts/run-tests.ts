// Runs all suites. Up to three files that fail among the others are run again, alone and once: a real failure fails again. A test that
// passes alone is a defect of the test (it waits too short, or shares something), which is said loudly and must be mended.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type FailedFile, failedFiles } from './lib/failed-files.ts';

const AT_MOST_AGAIN = 3;
const root = join(import.meta.dirname, '..');
const report = join(root, '.cache/test-report.json');

function vitest(args: readonly string[]): number {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const files = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args];
  return spawnSync(process.execPath, files, { cwd: root, stdio: 'inherit' }).status ?? 1;
}

function failed(): FailedFile[] {
  return existsSync(report) ? failedFiles(readFileSync(report, 'utf8'), root) : [];
}

rmSync(report, { force: true });
const code = vitest(process.argv.slice(2));
const again = code === 0 ? [] : failed();
if (again.length === 0 || again.length > AT_MOST_AGAIN) process.exit(code);

process.stdout.write(`\n${again.length} of the files failed. Each runs again, alone:\n`);
const passedAlone: FailedFile[] = [];
for (const file of again) if (vitest([file.file]) === 0) passedAlone.push(file);
for (const { file, tests } of passedAlone) {
  process.stdout.write(`\nUNSTABLE: ${file} failed among the others and passed alone. Mend the test:\n`);
  for (const test of tests) process.stdout.write(`  ${test}\n`);
}
process.exit(passedAlone.length === again.length ? 0 : code);
