// `kuiper describe service`: An external service.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const describeService: Command = {
  name: 'describe service',
  usage: 'describe service NAME',
  doc: 'An external service.',
  async run(context) {
    const name = nameArgument(context, 'service');
    const text = await rephrase(
      `describe service ${name} error: `,
      (cause) => `Desc service error : ${cause}.`,
      () => context.client.call('GET', `/services/${encode(name)}`),
    );
    context.show(text);
  },
};
