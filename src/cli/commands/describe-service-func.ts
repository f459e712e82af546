// `kuiper describe service_func`: One function of a service.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const describeServiceFunc: Command = {
  name: 'describe service_func',
  usage: 'describe service_func NAME',
  doc: 'One function of a service.',
  async run(context) {
    const name = nameArgument(context, 'service_func');
    const text = await rephrase(
      `describe function ${name} error: `,
      (cause) => `Desc service func error : ${cause}.`,
      () => context.client.call('GET', `/services/functions/${encode(name)}`),
    );
    context.show(text);
  },
};
