// `kuiper register plugin`: Declare which SQL functions a plugin provides.
import { CliError } from '../cli-error.ts';
import { type Command, encode, FILE_FLAG, rephrase } from '../command.ts';
import { definitionText, parseDefinition } from '../definition.ts';

export const registerPlugin: Command = {
  name: 'register plugin',
  usage: "register plugin function NAME ('JSON' | -f FILE)",
  doc: 'Declare which SQL functions a plugin provides.',
  flags: [FILE_FLAG],
  async run(context) {
    const [type, name] = context.args;
    if (type !== 'function') throw new CliError('Plugin type must be function.', 'usage');
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const body = parseDefinition(definitionText(context, 'plugin', 2), 'plugin');
    if (!Array.isArray(body['functions']) || body['functions'].length === 0)
      throw new CliError('Register plugin functions error: Missing function list.', 'usage');
    await rephrase(
      '',
      (cause) => `Register plugin functions error: ${cause}`,
      () => context.client.call('POST', `/plugins/functions/${encode(name)}/register`, JSON.stringify(body)),
    );
    context.print(`Plugin ${name} is created.`);
  },
};
