// `kuiper show rules`: List the rules with their state.
import { type Command, indent } from '../command.ts';

export const showRules: Command = {
  name: 'show rules',
  usage: 'show rules',
  doc: 'List the rules with their state.',
  async run(context) {
    const text = await context.client.call('GET', '/rules');
    context.print(text.trim() === '[]' ? 'No rule definitions are found.' : indent(text));
  },
};
