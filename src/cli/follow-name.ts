// Rows of what a name means: a stream, a rule, or an MQTT topic. A trial of the gateway reads them, so nothing that runs is touched. Used by `kuiper tail`
// and `kuiper plot`.
import { randomUUID } from 'node:crypto';
import { CliError } from './cli-error.ts';
import { type CommandContext, encode } from './command.ts';
import { type Following, followSelect } from './events.ts';
import { quoteName, runStatement } from './statement.ts';

/** @param row one row, JSON text  @throws CliError when there is nothing of that name, or the gateway refuses it */
export async function followName(context: CommandContext, name: string, row: (json: string) => void): Promise<Following> {
  const { client } = context;
  const select = (sql: string) => followSelect(client, `internal-follow-${randomUUID()}`, sql, row);
  if ((await client.json<string[]>('GET', '/streams')).includes(name)) return select(`SELECT * FROM ${quoted(name)}`);
  const rules = await client.json<{ id: string }[]>('GET', '/rules');
  if (rules.some((r) => r.id === name)) return followRule(context, name, row);
  if (!/[/#+]/.test(name))
    throw new CliError(`There is no stream and no rule ${name}. A topic has a slash: kuiper tail ${name}/#`, 'refused');
  const stream = `internal_tail_${randomUUID().replaceAll('-', '')}`;
  const text = JSON.stringify(name);
  await runStatement(context, `CREATE STREAM ${stream} () WITH (TYPE="mqtt", DATASOURCE=${text}, FORMAT="JSON", TEMP="true")`);
  const drop = async () => void (await runStatement(context, `DROP STREAM ${stream}`));
  try {
    const following = await select(`SELECT meta(topic) AS topic, * FROM ${stream}`);
    return { done: following.done, stop: () => following.stop().finally(drop) };
  } catch (error) {
    await drop();
    throw error;
  }
}

/** A trial of the rule's own plan and options, which the gateway makes: graphs, event time and the rule's SQL mode are as they run. */
async function followRule({ client, note }: CommandContext, rule: string, row: (json: string) => void): Promise<Following> {
  const end = new AbortController();
  const done = client.events(`/live/rows?rule=${encode(rule)}`, end.signal, (text) => {
    const { rows, skipped } = JSON.parse(text) as { rows: string[]; skipped: number };
    if (skipped > 0) note(`… ${skipped} rows are not shown, they came too fast`);
    for (const json of rows) row(json);
  });
  return {
    done,
    async stop() {
      end.abort();
      await done;
    },
  };
}

const quoted = (name: string): string => (quoteName(name).startsWith('`') ? quoteName(name) : `\`${name}\``);
