// `kuiper drop revocation`: Let a revoked token count again.
import { CliError } from '../cli-error.ts';
import { type Command, encode } from '../command.ts';

export const dropRevocation: Command = {
  name: 'drop revocation',
  usage: 'drop revocation jti|sub|token VALUE',
  doc: 'Let a revoked token count again.',
  async run({ args: [kind, value], client, print }) {
    if (!kind || !value) throw new CliError('Expect jti, sub or token and its value.', 'usage');
    print(await client.call('DELETE', `/auth/revocations/${encode(kind)}/${encode(value)}`));
  },
};
