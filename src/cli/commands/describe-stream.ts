// `kuiper describe stream`: Fields and options of a stream.
import { type Command, nameArgument } from '../command.ts';
import { describeSource } from '../describe-source.ts';

export const describeStream: Command = {
  name: 'describe stream',
  usage: 'describe stream NAME [-json]',
  doc: 'Fields and options of a stream.',
  flags: [{ names: ['json'], value: false, doc: 'as JSON' }],
  async run(context) {
    await describeSource(context, 'stream', nameArgument(context, 'stream'));
  },
};
