// `kuiper show plugins`: List the plugins of a type; below a plugin stands what is wrong with it.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { pluginFaults, type ShownPlugin } from '../plugin-faults.ts';
import { pluginPath } from '../plugin-type.ts';

export const showPlugins: Command = {
  name: 'show plugins',
  usage: 'show plugins TYPE',
  doc: 'List the plugins of a type.',
  async run(context) {
    const [type] = context.args;
    if (!type) throw new CliError('Expect plugin type.', 'usage');
    if (type !== 'portable') {
      const plugins = await context.client.json<ShownPlugin[]>('GET', `${pluginPath(type)}?details=true`);
      context.print(plugins.flatMap((p) => [p.name, ...pluginFaults(p)]).join('\n') || 'No plugin is found.');
      return;
    }
    const list = await context.client.json<unknown[]>('GET', pluginPath(type));
    context.print(list.length ? JSON.stringify(list, undefined, 2) : 'No plugin is found.');
  },
};
