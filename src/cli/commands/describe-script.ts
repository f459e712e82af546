// `kuiper describe script`: A function of JavaScript.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const describeScript: Command = {
  name: 'describe script',
  usage: 'describe script NAME',
  doc: 'A function of JavaScript.',
  async run(context) {
    const name = nameArgument(context, 'script');
    const text = await rephrase(
      `describe javascript function ${name} error: `,
      (cause) => `Desc JavaScript function error : ${cause}.`,
      () => context.client.call('GET', `/udf/javascript/${encode(name)}`),
    );
    context.show(text);
  },
};
