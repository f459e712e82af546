// `kuiper show scripts`: List the functions of JavaScript.
import type { Command } from '../command.ts';

export const showScripts: Command = {
  name: 'show scripts',
  usage: 'show scripts',
  doc: 'List the functions of JavaScript.',
  async run(context) {
    const text = await context.client.call('GET', '/udf/javascript');
    context.show(text, { empty: 'No JavaScript functions are found.' });
  },
};
