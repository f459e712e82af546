// `kuiper describe rule`: Definition of a rule.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const describeRule: Command = {
  name: 'describe rule',
  usage: 'describe rule NAME',
  doc: 'Definition of a rule.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    const text = await rephrase(
      'Describe rule error: ',
      (cause) => `Desc rule error : ${cause}.`,
      () => context.client.call('GET', `/rules/${encode(name)}`),
    );
    context.show(text);
  },
};
