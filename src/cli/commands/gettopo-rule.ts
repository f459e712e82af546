// `kuiper gettopo rule`: Operators of a rule and how they are wired.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const gettopoRule: Command = {
  name: 'gettopo rule',
  usage: 'gettopo rule NAME',
  doc: 'Operators of a rule and how they are wired.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    const text = await rephrase(
      'get rule topo error: ',
      (cause) => cause,
      () => context.client.call('GET', `/rules/${encode(name)}/topo`),
    );
    context.show(text);
  },
};
