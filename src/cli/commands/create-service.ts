// `kuiper create service`: Register an external service.
import { CliError } from '../cli-error.ts';
import { type Command, FILE_FLAG, nameArgument, rephrase } from '../command.ts';
import { definitionText, parseDefinition } from '../definition.ts';

export const createService: Command = {
  name: 'create service',
  usage: "create service NAME 'JSON'",
  doc: 'Register an external service.',
  flags: [FILE_FLAG],
  async run(context) {
    const name = nameArgument(context, 'service');
    const body = parseDefinition(definitionText(context, 'service'), 'service');
    if (body['name'] !== undefined && body['name'] !== name) throw new CliError('Create service error: name mismatch.', 'usage');
    if (!body['file']) throw new CliError('Create service error: Missing service file url.', 'usage');
    await rephrase(
      'service create command error: ',
      (cause) => `Create service error: ${cause}`,
      () => context.client.call('POST', '/services', JSON.stringify({ ...body, name })),
    );
    context.print(`Service ${name} is created.`);
  },
};
