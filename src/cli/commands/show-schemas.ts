// `kuiper show schemas`: List the schemas of a type.
import { CliError } from '../cli-error.ts';
import { type Command, encode } from '../command.ts';

export const showSchemas: Command = {
  name: 'show schemas',
  usage: 'show schemas TYPE',
  doc: 'List the schemas of a type.',
  async run(context) {
    const [type] = context.args;
    if (!type) throw new CliError('Expect schema type.', 'usage');
    const text = await context.client.call('GET', `/schemas/${encode(type)}`);
    context.show(text, { empty: 'No schema definitions are found.' });
  },
};
