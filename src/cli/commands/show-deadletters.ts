// `kuiper show deadletters`: List the messages that ended the gateway and are not evaluated any more.
import type { Command } from '../command.ts';

export const showDeadletters: Command = {
  name: 'show deadletters',
  usage: 'show deadletters',
  doc: 'List the messages that ended the gateway and are not evaluated any more.',
  async run(context) {
    const text = await context.client.call('GET', '/deadletters');
    context.show(text, { empty: 'There are no dead letters.' });
  },
};
