// `kuiper plugin trust`: The owner decides how a plugin runs.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';
import { pluginPath } from '../plugin-type.ts';

interface Decided {
  state: string;
  mode?: string;
  modeMeans?: string;
  modeBecause?: string;
}

export const pluginTrust: Command = {
  name: 'plugin trust',
  usage: 'plugin trust TYPE NAME [trusted|contained|restricted|undecided]',
  doc: 'Decide how the file of a plugin that is in effect runs (default: trusted). Another file of it is another decision.',
  async run({ args: [type, name, mode = 'trusted'], client, print }) {
    const path = pluginPath(type);
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const text = await rephrase(
      '',
      (cause) => `Trust plugin error: ${cause.split(': ').at(-1)}`,
      () => client.call('PUT', `${path}/${encode(name)}/mode`, JSON.stringify({ mode: mode === 'undecided' ? null : mode })),
    );
    const p = JSON.parse(text) as Decided;
    print(`Plugin ${name} is ${p.state} and runs ${p.mode}, because ${p.modeBecause}. ${p.modeMeans}`);
  },
};
