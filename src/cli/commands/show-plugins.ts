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
      const lines = (plugins: ShownPlugin[]) => plugins.flatMap((p) => [p.name, ...pluginFaults(p)]).join('\n');
      context.show(await context.client.call('GET', `${pluginPath(type)}?details=true`), {
        empty: 'No plugin is found.',
        ekuiper: lines,
        page: lines,
      });
      return;
    }
    context.show(await context.client.call('GET', pluginPath(type)), { empty: 'No plugin is found.' });
  },
};
