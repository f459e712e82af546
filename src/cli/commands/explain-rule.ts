// `kuiper explain rule`: Logical plan of a rule.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const explainRule: Command = {
  name: 'explain rule',
  usage: 'explain rule NAME',
  doc: 'Logical plan of a rule.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    context.print(
      await rephrase(
        'explain rules error: ',
        (cause) => cause,
        () => context.client.call('GET', `/rules/${encode(name)}/explain`),
      ),
    );
  },
};
