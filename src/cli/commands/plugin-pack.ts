// `kuiper plugin pack`: A zip of a plugin file and what lies beside it.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { packPlugin } from '../pack-plugin.ts';
import { checkLocalPlugin, describeFacts } from '../plugin-file-check.ts';

export const pluginPack: Command = {
  name: 'plugin pack',
  usage: 'plugin pack FILE [-o ZIP]',
  doc: 'Make a zip of a plugin file, its .yaml and .json, and the folder etc/ beside it.',
  flags: [{ names: ['output', 'o'], doc: 'zip file to write' }],
  offline: true,
  async run({ args: [file], flags, print }) {
    if (file === undefined) throw new CliError('Expect a plugin file.', 'usage');
    const facts = await checkLocalPlugin(file);
    const zip = typeof flags['output'] === 'string' ? flags['output'] : `${facts.name}.zip`;
    packPlugin(file, facts, zip);
    print(`${describeFacts(facts)}\n${zip} is written.`);
  },
};
