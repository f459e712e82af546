// `kuiper import ruleset`: Make the streams, tables and rules of a file.
import { CliError } from '../cli-error.ts';
import { type Command, FILE_FLAG, rephrase } from '../command.ts';
import { readLocalFile } from '../local-file.ts';
import { markRules, SQL_FLAG } from '../sql-compatibility.ts';

export const importRuleset: Command = {
  name: 'import ruleset',
  usage: 'import ruleset -f FILE [--sql-compatibility ekuiper]',
  doc: 'Make the streams, tables and rules of a file.',
  flags: [FILE_FLAG, SQL_FLAG],
  async run(context) {
    const file = context.flags['file'];
    if (typeof file !== 'string') throw new CliError('Expect -f with the file to import.', 'usage');
    const content = markRules(readLocalFile(file, 'import ruleset error: '), context.flags['sql-compatibility']);
    context.print(
      await rephrase(
        '',
        (cause) => `import ruleset error: ${cause}`,
        () => context.client.call('POST', '/ruleset/import', JSON.stringify({ content })),
      ),
    );
  },
};
