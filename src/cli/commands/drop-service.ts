// `kuiper drop service`: Remove an external service.
import { type Command, encode, nameArgument, rephrase } from '../command.ts';

export const dropService: Command = {
  name: 'drop service',
  usage: 'drop service NAME',
  doc: 'Remove an external service.',
  async run(context) {
    const name = nameArgument(context, 'service');
    await rephrase(
      `delete service ${name} error: `,
      (cause) => `Drop service error : ${cause}.`,
      () => context.client.call('DELETE', `/services/${encode(name)}`),
    );
    context.print(`Service ${name} is dropped`);
  },
};
