// `kuiper show revocations`: List the tokens that no longer count.
import { type Command, indent } from '../command.ts';

export const showRevocations: Command = {
  name: 'show revocations',
  usage: 'show revocations',
  doc: 'List the tokens that no longer count.',
  async run({ client, print }) {
    const text = await client.call('GET', '/auth/revocations');
    print(text.trim() === '[]' ? 'Nothing is revoked.' : indent(text));
  },
};
