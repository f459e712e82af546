// `kuiper gethealth rule`: What needs attention: connections, queues, drops, last errors.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';
import { healthPage } from '../status-page.ts';

export const gethealthRule: Command = {
  name: 'gethealth rule',
  usage: 'gethealth rule NAME',
  doc: 'What needs attention: connections, queues, drops, last errors.',
  async run(context) {
    const name = nameArgument(context, 'rule');
    const text = await rephrase(
      'get rule health error: ',
      (cause) => cause,
      () => context.client.call('GET', `/rules/${encode(name)}/health`),
    );
    context.show(text, { page: healthPage });
  },
};
