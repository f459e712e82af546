// `kuiper drop deadletter`: Remove a dead letter.
import { type Command, encode, nameArgument } from '../command.ts';

export const dropDeadletter: Command = {
  name: 'drop deadletter',
  usage: 'drop deadletter ID',
  doc: 'Remove a dead letter.',
  async run(context) {
    const id = nameArgument(context, 'dead letter');
    context.print(await context.client.call('DELETE', `/deadletters/${encode(id)}`));
  },
};
