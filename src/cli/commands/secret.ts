// `kuiper secret set|list|rm|rekey`: secrets with a name, for `${secret:name}` in properties. A value is read from standard input, so that it stands
// neither in the list of processes nor in the history of the shell.
import { readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { type Command, encode, nameArgument } from '../command.ts';
import { readLocalFile } from '../local-file.ts';

interface Listed {
  name: string;
  setAtMs: number;
  rules: string[];
}

export const secretSet: Command = {
  name: 'secret set',
  usage: 'secret set NAME [-f FILE] < value',
  doc: 'Set a secret from standard input or a file. Rules that use ${secret:NAME} go on with the new value.',
  exits: true,
  flags: [{ names: ['file', 'f'], doc: 'file with the value' }],
  async run(context) {
    const name = nameArgument(context, 'secret');
    const file = context.flags['file'];
    // the line break at the end is the editor's
    const value = (typeof file === 'string' ? readLocalFile(file) : readFileSync(0, 'utf8')).replace(/\r?\n$/, '');
    if (value === '') throw new CliError('Expect the value on standard input or in a file (-f).', 'usage');
    context.print(await context.client.call('PUT', `/secrets/${encode(name)}`, JSON.stringify({ value })));
  },
};

export const secretList: Command = {
  name: 'secret list',
  usage: 'secret list',
  doc: 'List secrets: name, when they were set, rules that use them.',
  exits: true,
  async run({ client, tell }) {
    const all = await client.json<Listed[]>('GET', '/secrets');
    const lines = all.map(
      ({ name, setAtMs, rules }) => `${name}\t${new Date(setAtMs).toISOString()}\t${rules.length > 0 ? rules.join(', ') : 'no rule'}`,
    );
    tell(all, lines.length === 0 ? ['No secrets are set.'] : lines);
  },
};

export const secretRm: Command = {
  name: 'secret rm',
  usage: 'secret rm NAME',
  doc: 'Remove a secret that no rule uses.',
  exits: true,
  async run(context) {
    context.print(await context.client.call('DELETE', `/secrets/${encode(nameArgument(context, 'secret'))}`));
  },
};

export const secretRekey: Command = {
  name: 'secret rekey',
  usage: 'secret rekey',
  doc: 'Make a new key for this device and seal everything with it.',
  exits: true,
  async run({ client, print }) {
    print(await client.call('POST', '/secrets/rekey'));
  },
};
