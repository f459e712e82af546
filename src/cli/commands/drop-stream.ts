// `kuiper drop stream`: Remove a stream.
import { type Command, nameArgument } from '../command.ts';
import { quoteName, runStatement } from '../statement.ts';

export const dropStream: Command = {
  name: 'drop stream',
  usage: 'drop stream NAME',
  doc: 'Remove a stream.',
  async run(context) {
    context.print(await runStatement(context, `drop stream ${quoteName(nameArgument(context, 'stream'))}`));
  },
};
