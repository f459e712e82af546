// `kuiper describe udf`: Plugin that holds a function.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const describeUdf: Command = {
  name: 'describe udf',
  usage: 'describe udf NAME',
  doc: 'Plugin that holds a function.',
  async run(context) {
    const name = nameArgument(context, 'udf');
    const text = await rephrase(
      '',
      (cause) => `Describe udf error: ${cause.split(': ').at(-1)}`,
      () => context.client.call('GET', `/plugins/udfs/${encode(name)}`),
    );
    context.show(text);
  },
};
