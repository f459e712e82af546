// `kuiper describe plugin`: Version of a plugin, and why one is not in effect.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';
import { pluginPath } from '../plugin-type.ts';

export const describePlugin: Command = {
  name: 'describe plugin',
  usage: 'describe plugin TYPE NAME',
  doc: 'Version of a plugin, and why one is not in effect.',
  async run(context) {
    const [type, name] = context.args;
    const path = pluginPath(type);
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const text = await rephrase(
      '',
      (cause) => `Describe plugin error: ${cause.split(': ').at(-1)}`,
      () => context.client.call('GET', `${path}/${encode(name)}`),
    );
    context.show(text);
  },
};
