// `kuiper drop plugin`: Remove a plugin.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';
import { pluginPath } from '../plugin-type.ts';

export const dropPlugin: Command = {
  name: 'drop plugin',
  usage: 'drop plugin TYPE NAME [-s true|false]',
  doc: 'Remove a plugin.',
  flags: [{ names: ['stop', 's'], doc: 'true: stop the gateway afterwards' }],
  async run(context) {
    const [type, name] = context.args;
    const path = pluginPath(type);
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const stop = context.flags['stop'] ?? 'false';
    if (stop !== 'true' && stop !== 'false') throw new CliError('Expect s flag to be a boolean value.', 'usage');
    await rephrase(
      '',
      (cause) => `Drop plugin error: ${cause}`,
      () => context.client.call('DELETE', `${path}/${encode(name)}${stop === 'true' ? '?stop=1' : ''}`),
    );
    if (type === 'portable') context.print(`Plugin ${name} is dropped .`);
    else
      context.print(
        stop === 'true'
          ? `Plugin ${name} is dropped and Kuiper will be stopped.`
          : context.form === 'ekuiper'
            ? `Plugin ${name} is dropped and Kuiper must restart for the change to take effect.`
            : `Plugin ${name} is dropped.`,
      );
  },
};
