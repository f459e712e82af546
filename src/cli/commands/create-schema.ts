// `kuiper create schema`: Register a schema (protobuf, custom).
import { CliError } from '../cli-error.ts';
import { type Command, encode, FILE_FLAG, rephrase } from '../command.ts';
import { definitionText, parseDefinition } from '../definition.ts';

export const createSchema: Command = {
  name: 'create schema',
  usage: "create schema TYPE NAME 'JSON'",
  doc: 'Register a schema (protobuf, custom).',
  flags: [FILE_FLAG],
  async run(context) {
    const [type, name] = context.args;
    if (!type || !name) throw new CliError('Expect schema type and name.', 'usage');
    const body = parseDefinition(definitionText(context, 'schema', 2), 'schema');
    if (body['name'] !== undefined && body['name'] !== name) throw new CliError('Create schema error: name mismatch.', 'usage');
    if (body['content'] && body['file']) throw new CliError('Invalid body: Cannot specify both content and file', 'usage');
    await rephrase(
      'schema create command error: ',
      (cause) => `Create schema error: ${cause}`,
      () => context.client.call('POST', `/schemas/${encode(type)}`, JSON.stringify({ ...body, name })),
    );
    context.print(`Schema ${name} is created.`);
  },
};
