// `kuiper plugin release`: Let a plugin out of quarantine.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';
import { pluginFaults, type ShownPlugin } from '../plugin-faults.ts';
import { pluginPath } from '../plugin-type.ts';

export const pluginRelease: Command = {
  name: 'plugin release',
  usage: 'plugin release TYPE NAME',
  doc: 'Let a plugin out of quarantine: it is tried again as it is.',
  async run({ args: [type, name], client, print }) {
    const path = pluginPath(type);
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const text = await rephrase(
      '',
      (cause) => `Release plugin error: ${cause.split(': ').at(-1)}`,
      () => client.call('POST', `${path}/${encode(name)}/release`),
    );
    const plugin = JSON.parse(text) as ShownPlugin;
    print(
      [
        `Plugin ${name} is released and ${plugin.state}${plugin.version ? `, version ${plugin.version}` : ''}.`,
        ...pluginFaults(plugin),
      ].join('\n'),
    );
  },
};
