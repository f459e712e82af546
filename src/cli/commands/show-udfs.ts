// `kuiper show udfs`: List the SQL functions of plugins.
import type { Command } from '../command.ts';

export const showUdfs: Command = {
  name: 'show udfs',
  usage: 'show udfs',
  doc: 'List the SQL functions of plugins.',
  async run(context) {
    const list = await context.client.json<string[]>('GET', '/plugins/udfs');
    context.print(list.length ? list.join('\n') : 'No udf is found.');
  },
};
