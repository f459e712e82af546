// `kuiper plugin install`: Check, pack and install a plugin file on a gateway that runs on this machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { type Command, rephrase } from '../command.ts';
import { packPlugin } from '../pack-plugin.ts';
import { checkLocalPlugin, describeFacts } from '../plugin-file-check.ts';
import { withUpload } from '../upload.ts';

export const pluginInstall: Command = {
  name: 'plugin install',
  usage: 'plugin install FILE [--functions a,b]',
  doc: 'Check and install a plugin file on the gateway of this machine; a newer one replaces it.',
  flags: [{ names: ['functions'], doc: 'names of its SQL functions, when they are not just its name' }],
  async run({ args: [file], flags, client, print }) {
    if (file === undefined) throw new CliError('Expect a plugin file.', 'usage');
    const facts = await checkLocalPlugin(file);
    let answer: string;
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-plugin-'));
    try {
      const zip = join(folder, `${facts.name}.zip`);
      packPlugin(file, facts, zip);
      const path = `/plugins/${facts.kind}`;
      const functions = typeof flags['functions'] === 'string' ? { functions: flags['functions'].split(',').map((f) => f.trim()) } : {};
      const there = (await client.json<string[]>('GET', path)).includes(facts.name);
      answer = await rephrase(
        '',
        (cause) => `Install plugin error: ${cause}`,
        () =>
          withUpload(client, zip, `${facts.name}.zip`, (url) =>
            client.call(
              there ? 'PUT' : 'POST',
              there ? `${path}/${facts.name}` : path,
              JSON.stringify({ name: facts.name, file: url, ...functions }),
            ),
          ),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    // what was kept in etc stands below the first line
    const [, ...more] = answer.split('\n');
    print([describeFacts(facts), `Plugin ${facts.name} is installed and in effect.`, ...more.filter((l) => l !== '')].join('\n'));
  },
};
