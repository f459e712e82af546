// `kuiper tail NAME`: rows of a stream, of a rule, or of an MQTT topic as they come, one JSON object a line. A trial rule of the gateway reads
// them, so nothing that runs is touched. Ends with Ctrl-C, after --count rows, or with the trial's lifetime.
import { randomUUID } from 'node:crypto';
import { CliError } from '../cli-error.ts';
import { type Command, type CommandContext, encode, nameArgument } from '../command.ts';
import { followSelect } from '../events.ts';
import { quoteName, runStatement } from '../statement.ts';
import { safe } from '../table.ts';

export const tail: Command = {
  name: 'tail',
  usage: 'tail STREAM|RULE|TOPIC [--count N]',
  doc: 'Print the rows of a stream, a rule or an MQTT topic as they come.',
  flags: [{ names: ['count', 'n'], doc: 'end after so many rows' }],
  exits: true,
  examples: [
    ['kuiper tail demo', 'messages of stream demo, decoded'],
    ['kuiper tail hot', 'what rule hot would send'],
    ["kuiper tail 'sensors/+/temperature' -n 3", 'three messages from the broker of the default configuration'],
  ],
  async run(context) {
    const name = nameArgument(context, 'stream, rule or topic');
    const { count } = context.flags;
    const most = count === undefined ? Number.POSITIVE_INFINITY : Number(count);
    if (!(most >= 1) || (most !== Number.POSITIVE_INFINITY && !Number.isInteger(most)))
      throw new CliError('--count is a whole number from 1.', 'usage');
    const { sql, cleanUp } = await selectFor(context, name);
    try {
      await printRows(context, sql, most);
    } finally {
      await cleanUp();
    }
  },
};

async function printRows(context: CommandContext, sql: string, most: number): Promise<void> {
  let printed = 0;
  const { promise: stopped, resolve: enough } = Promise.withResolvers<void>();
  const following = await followSelect(context.client, `internal-tail-${randomUUID()}`, sql, (json) => {
    if (printed >= most) return;
    context.print(context.io.terminal ? safe(json) : json);
    if (++printed === most) enough();
  });
  const signal = () => enough();
  process.once('SIGINT', signal).once('SIGTERM', signal);
  try {
    await Promise.race([stopped, following.done]);
  } finally {
    process.off('SIGINT', signal).off('SIGTERM', signal);
    await following.stop();
  }
}

/** What to select for a name: a stream, a rule's statement, or a topic read by a temporary stream. */
export async function selectFor(context: CommandContext, name: string): Promise<{ sql: string; cleanUp(): Promise<void> }> {
  const { client } = context;
  const nothing = () => Promise.resolve();
  if ((await client.json<string[]>('GET', '/streams')).includes(name)) return { sql: `SELECT * FROM ${quoted(name)}`, cleanUp: nothing };
  const rules = await client.json<{ id: string }[]>('GET', '/rules');
  if (rules.some((r) => r.id === name)) {
    const { sql } = await client.json<{ sql?: string }>('GET', `/rules/${encode(name)}`);
    if (!sql) throw new CliError(`Rule ${name} is a graph; only rules with a statement can be followed.`, 'refused');
    return { sql, cleanUp: nothing };
  }
  if (!/[/#+]/.test(name))
    throw new CliError(`There is no stream and no rule ${name}. A topic has a slash: kuiper tail ${name}/#`, 'refused');
  const stream = `internal_tail_${randomUUID().replaceAll('-', '')}`;
  const text = JSON.stringify(name);
  await runStatement(context, `CREATE STREAM ${stream} () WITH (TYPE="mqtt", DATASOURCE=${text}, FORMAT="JSON", TEMP="true")`);
  return {
    sql: `SELECT meta(topic) AS topic, * FROM ${stream}`,
    cleanUp: async () => void (await runStatement(context, `DROP STREAM ${stream}`)),
  };
}

const quoted = (name: string): string => (quoteName(name).startsWith('`') ? quoteName(name) : `\`${name}\``);
