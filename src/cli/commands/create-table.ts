// `kuiper create table`: Make a table.
import { type Command, FILE_FLAG } from '../command.ts';
import { createFrom } from '../statement.ts';

export const createTable: Command = {
  name: 'create table',
  usage: 'create table NAME (FIELDS) WITH (OPTIONS) | -f FILE',
  doc: 'Create a table.',
  flags: [FILE_FLAG],
  async run(context) {
    await createFrom(context, 'table');
  },
};
