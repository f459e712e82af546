// `kuiper sql explain 'SELECT …'`: how a statement would be run, without making a rule.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { drawPicture, PICTURE_FLAGS, pictureKind, pictureOfPlan } from '../plan-picture.ts';
import { SQL_TEXT_FLAG, sqlInputs } from '../sql/inputs.ts';

export const sqlExplain: Command = {
  name: 'sql explain',
  usage: "sql explain FILE | --sql 'SELECT …' [--dot | --mermaid]",
  doc: 'The plan of a statement, as text or as a picture.',
  flags: [SQL_TEXT_FLAG, ...PICTURE_FLAGS],
  exits: true,
  examples: [
    ["kuiper sql explain --sql 'SELECT avg(a) FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)'", 'as text'],
    ['kuiper sql explain rule.json --mermaid', 'for a Markdown page'],
  ],
  async run(context) {
    const inputs = sqlInputs(context);
    const kind = pictureKind(context);
    if (inputs.length !== 1) throw new CliError('Expect one statement.', 'usage');
    const { sql, sqlCompatibility } = inputs[0]!;
    const plan = await context.client.call(
      'POST',
      '/sql/explain',
      JSON.stringify({ sql, ...(sqlCompatibility ? { sqlCompatibility } : {}) }),
    );
    context.print(kind === undefined ? plan : drawPicture(pictureOfPlan(plan), kind));
  },
};
