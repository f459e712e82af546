// `kuiper show service_funcs`: List the functions of services.
import type { Command } from '../command.ts';

export const showServiceFuncs: Command = {
  name: 'show service_funcs',
  usage: 'show service_funcs',
  doc: 'List the functions of services.',
  async run(context) {
    const text = await context.client.call('GET', '/services/functions');
    context.show(text, { empty: 'No service definitions are found.' });
  },
};
