// `kuiper describe table`: Fields and options of a table.
import { type Command, nameArgument } from '../command.ts';
import { describeSource } from '../describe-source.ts';

export const describeTable: Command = {
  name: 'describe table',
  usage: 'describe table NAME [-json]',
  doc: 'Fields and options of a table.',
  flags: [{ names: ['json'], value: false, doc: 'as JSON' }],
  async run(context) {
    await describeSource(context, 'table', nameArgument(context, 'table'));
  },
};
