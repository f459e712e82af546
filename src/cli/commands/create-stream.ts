// `kuiper create stream`: Make a stream.
import { type Command, FILE_FLAG } from '../command.ts';
import { createFrom } from '../statement.ts';

export const createStream: Command = {
  name: 'create stream',
  usage: 'create stream NAME (FIELDS) WITH (OPTIONS) | -f FILE',
  doc: 'Create a stream.',
  flags: [FILE_FLAG],
  async run(context) {
    await createFrom(context, 'stream');
  },
};
