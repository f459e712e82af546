// `kuiper show revocations`: List the tokens that no longer count.
import type { Command } from '../command.ts';

export const showRevocations: Command = {
  name: 'show revocations',
  usage: 'show revocations',
  doc: 'List the tokens that no longer count.',
  async run({ client, show }) {
    show(await client.call('GET', '/auth/revocations'), { empty: 'Nothing is revoked.' });
  },
};
