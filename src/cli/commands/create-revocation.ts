// `kuiper create revocation`: A token, or all tokens of a subject, no longer count.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';

export const createRevocation: Command = {
  name: 'create revocation',
  usage: 'create revocation jti|sub|token VALUE',
  doc: 'Revoke a JWT by its id, all of a subject, or a line of etc/mgmt/tokens by its name.',
  async run({ args: [kind, value], client, print }) {
    if (!kind || !value) throw new CliError('Expect jti, sub or token and its value.', 'usage');
    print(await client.call('POST', '/auth/revocations', JSON.stringify({ kind, value })));
  },
};
