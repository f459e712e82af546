// `kuiper sql fmt FILE…`: SQL in the gateway's style. Needs no gateway. What cannot be read is left as it is and told.
import { readFileSync, statSync } from 'node:fs';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import type { Command, CommandContext } from '../command.ts';
import { readLocalFile } from '../local-file.ts';
import { SQL_TEXT_FLAG } from '../sql/inputs.ts';

export const sqlFmt: Command = {
  name: 'sql fmt',
  usage: 'sql fmt FILE… [--write | --check]',
  doc: 'Print SQL in one style; comments and meaning stay.',
  offline: true,
  flags: [
    SQL_TEXT_FLAG,
    { names: ['write', 'w'], value: false, doc: 'write the files instead of printing' },
    { names: ['check', 'c'], value: false, doc: 'only name the files that are not in the style; ends with 1 when there are any' },
  ],
  exits: true,
  examples: [
    ['kuiper sql fmt --write sql/*.sql', 'all files of a folder'],
    ['kuiper sql fmt --check sql/*.sql', 'in CI'],
    ['kuiper sql fmt - < rule.sql', 'as a filter of an editor'],
  ],
  async run(context) {
    const { formatSql } = await import('../../sql/format/index.ts');
    const check = context.flags['check'] === true;
    const write = context.flags['write'] === true;
    if (check && write) throw new CliError('--check and --write exclude each other.', 'usage');
    const results: { file: string; changed: boolean; error?: string }[] = [];
    for (const { file, text } of textsOf(context)) {
      try {
        const formatted = formatSql(text);
        const ended = formatted === '' ? '' : `${formatted}\n`;
        const changed = ended !== text;
        results.push({ file, changed });
        if (!check && !write && context.form !== 'json' && context.form !== 'yaml') context.io.out(formatted);
        if (write && changed) writeDurably(file, ended, statSync(file).mode & 0o777);
        if (!check && !write && (context.form === 'json' || context.form === 'yaml')) Object.assign(results.at(-1)!, { sql: formatted });
      } catch (error) {
        results.push({ file, changed: false, error: messageOf(error) });
        context.note(`${file}: ${messageOf(error)}`);
      }
    }
    if (context.form === 'json' || context.form === 'yaml') context.show(JSON.stringify(results));
    else if (check || write) for (const r of results) if (r.changed) context.io.out(r.file);
    if (results.some((r) => r.error !== undefined || (check && r.changed))) throw new CliError('', 'failed');
  },
};

function textsOf({ args, flags }: CommandContext): { file: string; text: string }[] {
  const text = flags['sql'];
  const inPlace = flags['write'] === true;
  if (typeof text === 'string') {
    if (inPlace) throw new CliError('--write needs files.', 'usage');
    return [{ file: '-', text }];
  }
  if (args.length === 0) throw new CliError('Expect files with SQL, - for standard input, or --sql.', 'usage');
  if (inPlace && args.includes('-')) throw new CliError('--write needs files.', 'usage');
  for (const file of args) if (/\.json$/i.test(file)) throw new CliError(`${file} is JSON; kuiper sql fmt takes files of SQL.`, 'usage');
  return args.map((file) => ({ file, text: file === '-' ? readFileSync(0, 'utf8') : readLocalFile(file) }));
}
