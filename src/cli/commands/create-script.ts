// `kuiper create script`: Make a SQL function of JavaScript.
import { type Command, FILE_FLAG, rephrase } from '../command.ts';
import { definitionText, parseDefinition } from '../definition.ts';

export const createScript: Command = {
  name: 'create script',
  usage: "create script 'JSON'",
  doc: 'Create a SQL function of JavaScript.',
  flags: [FILE_FLAG],
  async run(context) {
    const body = parseDefinition(definitionText(context, 'script', 0), 'script');
    await rephrase(
      'javascript function create command error: ',
      (cause) => `Create JavaScript function error: ${cause}`,
      () => context.client.call('POST', '/udf/javascript', JSON.stringify(body)),
    );
    context.print(`JavaScript function ${String(body['id'])} is created.`);
  },
};
