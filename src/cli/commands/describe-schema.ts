// `kuiper describe schema`: A schema.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';

export const describeSchema: Command = {
  name: 'describe schema',
  usage: 'describe schema TYPE NAME',
  doc: 'A schema.',
  async run(context) {
    const [type, name] = context.args;
    if (!type || !name) throw new CliError('Expect schema type and name.', 'usage');
    const text = await rephrase(
      '',
      (cause) => `Desc schema error : ${cause}.`,
      () => context.client.call('GET', `/schemas/${encode(type)}/${encode(name)}`),
    );
    context.show(text);
  },
};
