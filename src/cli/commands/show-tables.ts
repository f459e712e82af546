// `kuiper show tables`: List the tables.
import type { Command } from '../command.ts';
import { runStatement } from '../statement.ts';

export const showTables: Command = {
  name: 'show tables',
  usage: 'show tables',
  doc: 'List the tables.',
  async run(context) {
    if (context.form === 'ekuiper') context.print(await runStatement(context, 'show tables'));
    else context.show(await context.client.call('GET', '/tables'), { empty: 'No table definitions are found.' });
  },
};
