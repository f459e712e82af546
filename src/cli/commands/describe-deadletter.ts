// `kuiper describe deadletter`: A dead letter with its payload.
import { type Command, encode, nameArgument } from '../command.ts';

export const describeDeadletter: Command = {
  name: 'describe deadletter',
  usage: 'describe deadletter ID',
  doc: 'A dead letter with its payload.',
  async run(context) {
    const id = nameArgument(context, 'dead letter');
    context.show(await context.client.call('GET', `/deadletters/${encode(id)}`));
  },
};
