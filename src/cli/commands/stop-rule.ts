// `kuiper stop rule`: Stop a rule.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const stopRule: Command = {
  name: 'stop rule',
  usage: 'stop rule NAME',
  doc: 'Stop a rule.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    await rephrase(
      'stop rule error: ',
      (cause) => `Stop rule error : ${cause}.`,
      () => context.client.call('POST', `/rules/${encode(name)}/stop`),
    );
    context.print(`Rule ${name} was stopped.`);
  },
};
