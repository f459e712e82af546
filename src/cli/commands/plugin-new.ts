// `kuiper plugin new`: a folder with a plugin that works, to start from.
import { existsSync } from 'node:fs';
import { isPluginName, pluginNameOf } from '../../plugin-host/files/plugin-file.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { type NewKind, writeProject } from '../plugin/scaffold.ts';

export const pluginNew: Command = {
  name: 'plugin new',
  usage: 'plugin new source|sink|function NAME',
  doc: 'Write a folder with a plugin that works, its test and its types, to start from.',
  offline: true,
  exits: true,
  async run({ args: [type, given], print }) {
    if (type !== 'source' && type !== 'sink' && type !== 'function')
      throw new CliError('Expect source, sink or function, then a name.', 'usage');
    if (given === undefined || !isPluginName(given))
      throw new CliError(`"${given ?? ''}" is not a plugin name: a letter, then letters, digits and _, as in mySource.`, 'usage');
    const name = pluginNameOf(given);
    const { createFunctionCatalogue } = await import('../../functions/index.ts');
    if (type === 'function' && createFunctionCatalogue().get(name))
      throw new CliError(`${name} is the name of a built-in function; take another one.`, 'usage');
    if (existsSync(name)) throw new CliError(`${name} is there already.`, 'failed');
    const files = writeProject(type as NewKind, name, name);
    print(`${name}/ is written: ${files.join(', ')}\nNext: cd ${name} && kuiper plugin check && kuiper plugin test && kuiper plugin dev`);
  },
};
