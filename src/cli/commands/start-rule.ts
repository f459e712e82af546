// `kuiper start rule`: Start a rule.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const startRule: Command = {
  name: 'start rule',
  usage: 'start rule NAME',
  doc: 'Start a rule.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    await rephrase(
      'start rule error: ',
      (cause) => `Start rule error : ${cause}.`,
      () => context.client.call('POST', `/rules/${encode(name)}/start`),
    );
    context.print(`Rule ${name} was started`);
  },
};
