// `kuiper drop table`: Remove a table.
import { type Command, nameArgument } from '../command.ts';
import { quoteName, runStatement } from '../statement.ts';

export const dropTable: Command = {
  name: 'drop table',
  usage: 'drop table NAME',
  doc: 'Remove a table.',
  async run(context) {
    context.print(await runStatement(context, `drop table ${quoteName(nameArgument(context, 'table'))}`));
  },
};
