// `kuiper drop table`: Remove a table.
import { type Command, nameArgument } from '../command.ts';
import { runStatement } from '../statement.ts';

export const dropTable: Command = {
  name: 'drop table',
  usage: 'drop table NAME',
  doc: 'Remove a table.',
  async run(context) {
    context.print(await runStatement(context, `drop table ${nameArgument(context, 'table')}`));
  },
};
