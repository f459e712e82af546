// `kuiper show udfs`: List the SQL functions of plugins.
import type { Command } from '../command.ts';

export const showUdfs: Command = {
  name: 'show udfs',
  usage: 'show udfs',
  doc: 'List the SQL functions of plugins.',
  async run(context) {
    const text = await context.client.call('GET', '/plugins/udfs');
    context.show(text, { empty: 'No udf is found.', ekuiper: (list: string[]) => list.join('\n') });
  },
};
