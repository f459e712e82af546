// `kuiper restart rule`: Stop and start a rule.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const restartRule: Command = {
  name: 'restart rule',
  usage: 'restart rule NAME',
  doc: 'Stop and start a rule.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    await rephrase(
      'restart rule error: ',
      (cause) => `Restart rule error : ${cause}.`,
      () => context.client.call('POST', `/rules/${encode(name)}/restart`),
    );
    context.print(`Rule ${name} was restarted.`);
  },
};
