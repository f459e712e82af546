// `kuiper describe deadletter`: A dead letter with its payload.
import { type Command, encode, indent, nameArgument } from '../command.ts';

export const describeDeadletter: Command = {
  name: 'describe deadletter',
  usage: 'describe deadletter ID',
  doc: 'A dead letter with its payload.',
  async run(context) {
    const id = nameArgument(context, 'dead letter');
    context.print(indent(await context.client.call('GET', `/deadletters/${encode(id)}`)));
  },
};
