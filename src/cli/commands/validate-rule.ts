// `kuiper validate rule`: Check a rule without making it.
import { type Command, FILE_FLAG, nameArgument } from '../command.ts';
import { definitionText } from '../definition.ts';
import { withRuleId } from '../with-rule-id.ts';

export const validateRule: Command = {
  name: 'validate rule',
  usage: "validate rule NAME 'JSON' | -f FILE",
  doc: 'Check a rule without making it.',
  flags: [FILE_FLAG],
  async run(context) {
    const text = withRuleId(definitionText(context, 'rule'), nameArgument(context, 'rule'));
    await context.client.call('POST', '/rules/validate', text, true);
    context.print('The rule has been successfully validated and is confirmed to be correct.');
  },
};
