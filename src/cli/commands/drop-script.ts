// `kuiper drop script`: Remove a function of JavaScript.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const dropScript: Command = {
  name: 'drop script',
  usage: 'drop script NAME',
  doc: 'Remove a function of JavaScript.',
  async run(context) {
    const name = nameArgument(context, 'script');
    await rephrase(
      `delete javascript function ${name} error: `,
      (cause) => `Drop JavaScript function error : ${cause}.`,
      () => context.client.call('DELETE', `/udf/javascript/${encode(name)}`),
    );
    context.print(`JavaScript function ${name} is dropped`);
  },
};
