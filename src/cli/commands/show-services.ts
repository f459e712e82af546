// `kuiper show services`: List the external services.
import type { Command } from '../command.ts';

export const showServices: Command = {
  name: 'show services',
  usage: 'show services',
  doc: 'List the external services.',
  async run(context) {
    const text = await context.client.call('GET', '/services');
    context.show(text, { empty: 'No service definitions are found.' });
  },
};
