// `kuiper plugin test`: runs the tests of a plugin's folder with Node's own test runner; TypeScript needs no build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { locatePlugin } from '../plugin/locate.ts';

export const pluginTest: Command = {
  name: 'plugin test',
  usage: 'plugin test [FOLDER]',
  doc: 'Run the tests of a plugin: test/*.test.ts.',
  offline: true,
  exits: true,
  async run({ args: [given], print }) {
    const { folder } = locatePlugin(given);
    const tests = existsSync(join(folder, 'test'))
      ? readdirSync(join(folder, 'test'), { recursive: true, encoding: 'utf8' }).filter((f) => /\.test\.[cm]?[jt]s$/.test(f))
      : [];
    if (tests.length === 0) throw new CliError(`No tests in ${join(folder, 'test')}: they end in .test.ts.`, 'failed');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--test', '--test-reporter=spec', ...tests.map((f) => join('test', f))],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
    );
    const text = `${stdout}${stderr}`.trimEnd();
    print(text);
    if (status !== 0) throw new CliError('', 'failed');
  },
};
