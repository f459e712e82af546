// `kuiper create rule`: Make a rule and start it.
import { type Command, FILE_FLAG, nameArgument, rephrase } from '../command.ts';
import { definitionText } from '../definition.ts';
import { withRuleId } from '../with-rule-id.ts';

export const createRule: Command = {
  name: 'create rule',
  usage: "create rule NAME 'JSON' | -f FILE",
  doc: 'Create a rule and start it.',
  flags: [FILE_FLAG],
  async run(context) {
    const name = nameArgument(context, 'rule');
    const text = withRuleId(definitionText(context, 'rule'), name);
    await rephrase(
      '',
      (cause) => `Create rule ${name} error : ${cause}.`,
      () => context.client.call('POST', '/rules', text),
    );
    context.print(
      context.form === 'ekuiper'
        ? `Rule ${name} was created successfully, please use 'bin/kuiper getstatus rule ${name}' command to get rule status.`
        : `Rule ${name} was created. See what it does: kuiper getstatus rule ${name}`,
    );
  },
};
