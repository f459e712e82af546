// `kuiper plugin check`: Load a plugin file as the gateway would, and say what is wrong with it.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { checkLocalPlugin, describeFacts } from '../plugin-file-check.ts';

export const pluginCheck: Command = {
  name: 'plugin check',
  usage: 'plugin check FILE…',
  doc: 'Load plugin files as the gateway would, and say what is wrong.',
  offline: true,
  async run({ args, print }) {
    if (args.length === 0) throw new CliError('Expect a plugin file.', 'usage');
    for (const file of args) print(describeFacts(await checkLocalPlugin(file)));
  },
};
