// `kuiper show streams`: List the streams.
import type { Command } from '../command.ts';
import { runStatement } from '../statement.ts';

export const showStreams: Command = {
  name: 'show streams',
  usage: 'show streams',
  doc: 'List the streams.',
  async run(context) {
    if (context.form === 'ekuiper') context.print(await runStatement(context, 'show streams'));
    else context.show(await context.client.call('GET', '/streams'), { empty: 'No stream definitions are found.' });
  },
};
