// `kuiper show plugins`: List the plugins of a type.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { pluginPath } from '../plugin-type.ts';

export const showPlugins: Command = {
  name: 'show plugins',
  usage: 'show plugins TYPE',
  doc: 'List the plugins of a type.',
  async run(context) {
    const [type] = context.args;
    if (!type) throw new CliError('Expect plugin type.', 'usage');
    const list = await context.client.json<unknown[]>('GET', pluginPath(type));
    if (type === 'portable' && list.length) context.print(JSON.stringify(list, undefined, 2));
    else context.print(list.length ? list.join('\n') : 'No plugin is found.');
  },
};
