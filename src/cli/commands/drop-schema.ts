// `kuiper drop schema`: Remove a schema.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';

export const dropSchema: Command = {
  name: 'drop schema',
  usage: 'drop schema TYPE NAME',
  doc: 'Remove a schema.',
  async run(context) {
    const [type, name] = context.args;
    if (!type || !name) throw new CliError('Expect schema type and name.', 'usage');
    await rephrase(
      '',
      (cause) => `Drop schema error : ${cause}.`,
      () => context.client.call('DELETE', `/schemas/${encode(type)}/${encode(name)}`),
    );
    context.print(`Schema ${name} is dropped`);
  },
};
