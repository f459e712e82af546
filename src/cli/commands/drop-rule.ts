// `kuiper drop rule`: Stop and remove a rule.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const dropRule: Command = {
  name: 'drop rule',
  usage: 'drop rule NAME',
  doc: 'Stop and remove a rule.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    context.print(
      await rephrase(
        'Delete rule error: ',
        (cause) => `Drop rule error : ${cause}.`,
        () => context.client.call('DELETE', `/rules/${encode(name)}`),
      ),
    );
  },
};
