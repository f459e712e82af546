// What `make test` runs again is read from vitest's own report.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failedFiles } from '../../scripts/lib/failed-files.ts';

const repo = join(import.meta.dirname, '../..');

test('a failed test and a file that cannot run are found in the report of vitest', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(repo, '.cache/failed-'));
  try {
    writeFileSync(join(folder, 'good.test.ts'), `import { test } from 'vitest'; test('good', () => {});`);
    writeFileSync(
      join(folder, 'bad.test.ts'),
      `import { describe, expect, test } from 'vitest'; describe('a', () => { test('b', () => expect(1).toBe(2)); test('c', () => {}); });`,
    );
    writeFileSync(join(folder, 'broken.test.ts'), `throw new Error('no test');`);
    const config = join(folder, 'vitest.config.ts');
    writeFileSync(config, 'export default {};');
    const report = join(folder, 'report.json');
    const args = [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--root',
      folder,
      '--config',
      config,
      '--reporter=json',
      `--outputFile=${report}`,
    ];
    const done = spawnSync(process.execPath, args, { cwd: repo, encoding: 'utf8' });
    expect(done.status, done.stderr).toBe(1);
    const found = failedFiles(readFileSync(report, 'utf8'), folder).sort((a, b) => (a.file < b.file ? -1 : 1));
    expect(found).toEqual([
      { file: 'bad.test.ts', tests: ['a b'] },
      { file: 'broken.test.ts', tests: [] },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
