// `kuiper import data`: Take over a whole configuration; with -p false what exists is removed first.
import { CliError } from '../cli-error.ts';
import { type Command, FILE_FLAG } from '../command.ts';
import { readLocalFile } from '../local-file.ts';
import { markRules, SQL_FLAG } from '../sql-compatibility.ts';

export const importData: Command = {
  name: 'import data',
  usage: 'import data -f FILE -s true|false -p true|false [--sql-compatibility ekuiper]',
  doc: 'Take over a whole configuration; with -p false what exists is removed first.',
  flags: [
    FILE_FLAG,
    { names: ['stop', 's'], doc: 'true: stop the gateway afterwards' },
    { names: ['partial', 'p'], doc: 'true: keep what exists' },
    SQL_FLAG,
  ],
  async run(context) {
    const file = context.flags['file'];
    if (typeof file !== 'string') throw new CliError('Expect -f with the file to import.', 'usage');
    const query = [];
    for (const [flag, short] of [
      ['stop', 's'],
      ['partial', 'p'],
    ] as const) {
      // both have to be said, as in eKuiper: without -p true everything that exists goes first
      const value = context.flags[flag];
      if (value !== 'true' && value !== 'false') throw new CliError(`Expect ${short} flag to be a boolean value.`, 'usage');
      if (value === 'true') query.push(`${flag}=1`);
    }
    const body = JSON.stringify({ content: markRules(readLocalFile(file), context.flags['sql-compatibility']) });
    context.show(await context.client.call('POST', `/data/import${query.length ? `?${query.join('&')}` : ''}`, body));
  },
};
