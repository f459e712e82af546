// `kuiper translate RULE --to flink|risingwave`: a rule that has outgrown the box, as SQL of an engine of the data centre.
import type { Translation } from '../../service/translate/index.ts';
import { CliError } from '../cli-error.ts';
import { type Command, encode, nameArgument } from '../command.ts';

export const translate: Command = {
  name: 'translate',
  usage: 'translate RULE --to flink|risingwave',
  doc: 'The rule as SQL of Flink or RisingWave, and what cannot be said there. Exit code 4: something cannot be said, so there is no query.',
  exits: true,
  flags: [{ names: ['to'], doc: 'flink or risingwave' }],
  examples: [['kuiper translate hot --to flink > hot.sql', 'the query; remarks are on standard error']],
  async run(context) {
    const name = nameArgument(context, 'rule');
    const to = context.flags['to'];
    if (typeof to !== 'string') throw new CliError(`Usage: kuiper ${translate.usage}`, 'usage');
    const { sql, cannot, notes } = await context.client.json<Translation>('GET', `/rules/${encode(name)}/translate?to=${encode(to)}`);
    if (sql !== '') context.print(sql.trimEnd());
    for (const text of cannot) context.note(`cannot be said: ${text}`);
    for (const text of notes) context.note(`note: ${text}`);
    if (cannot.length > 0) throw new CliError('', 'differs');
  },
};
