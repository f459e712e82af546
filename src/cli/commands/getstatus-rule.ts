// `kuiper getstatus rule`: State and metrics of a rule.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';
import { statusPage } from '../status-page.ts';

export const getstatusRule: Command = {
  name: 'getstatus rule',
  usage: 'getstatus rule NAME',
  doc: 'State and metrics of a rule.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    const text = await rephrase(
      'get rule status error: ',
      (cause) => cause,
      () => context.client.call('GET', `/rules/${encode(name)}/status`),
    );
    context.show(text, { page: statusPage(context.io.columns ?? 100, context.io.color) });
  },
};
