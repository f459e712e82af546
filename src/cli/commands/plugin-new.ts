// `kuiper plugin new`: A new plugin file that works, to start from.
import { existsSync } from 'node:fs';
import { isPluginName, pluginNameOf, symbolOf } from '../../plugin-host/files/plugin-file.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { writeLocalFile } from '../local-file.ts';
import { pluginTemplates } from '../plugin-templates.ts';

export const pluginNew: Command = {
  name: 'plugin new',
  usage: 'plugin new source|sink|function NAME',
  doc: 'Write a plugin file that works, to start from.',
  offline: true,
  async run({ args: [type, given], print }) {
    if (type === undefined || !(type in pluginTemplates)) throw new CliError('Expect source, sink or function, then a name.', 'usage');
    if (given === undefined || !isPluginName(given))
      throw new CliError(`"${given ?? ''}" is no plugin name: a letter, then letters, digits and _, as in mySource.`, 'usage');
    const name = pluginNameOf(given);
    const file = `${name}.ts`;
    if (existsSync(file)) throw new CliError(`${file} is there already.`, 'usage');
    const template = pluginTemplates[type as keyof typeof pluginTemplates];
    writeLocalFile(file, template.replaceAll('{name}', name).replaceAll('{symbol}', symbolOf(name)));
    print(`${file} is written. Try it: kuiper plugin check ${file}; use it: copy it to plugins/${type}s of the gateway.`);
  },
};
