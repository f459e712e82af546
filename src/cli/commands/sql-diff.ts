// `kuiper sql diff RULE`: the same rows through SQL's answers and eKuiper's, side by side. Rows come from a file, or from the rule's streams while
// the command waits; when nothing comes, from the last message of each stream. The rule itself is not touched.
import { randomUUID } from 'node:crypto';
import type { Side, SqlDiff } from '../../service/editor/index.ts';
import { CliError } from '../cli-error.ts';
import { type Command, type CommandContext, encode } from '../command.ts';
import { followSelect } from '../events.ts';
import { readLocalFile } from '../local-file.ts';
import { type Cell, renderTable, safe } from '../table.ts';

const MOST_ROWS = 200;

export const sqlDiff: Command = {
  name: 'sql diff',
  usage: 'sql diff RULE [--rows FILE | --seconds N]',
  doc: "Compare SQL's answers with eKuiper's on the same rows, side by side. Ends with 1 when they differ.",
  flags: [
    { names: ['rows'], doc: 'file of JSON lines: rows, or {"stream": …, "row": …, "atMs": …}' },
    { names: ['seconds'], doc: 'wait so long for rows of the streams of the rule, default 5' },
    { names: ['sql', 'e'], doc: 'a statement instead of a rule' },
  ],
  exits: true,
  examples: [
    ['kuiper sql diff hot', 'rows of the next five seconds'],
    ['kuiper sql diff hot --rows hot.jsonl --json', 'for a script'],
  ],
  async run(context) {
    const { flags } = context;
    const [rule] = context.args;
    const sql = flags['sql'];
    if ((rule === undefined) === (sql === undefined)) throw new CliError('Expect the name of a rule, or --sql.', 'usage');
    const seconds = Number(flags['seconds'] ?? 5);
    if (!(seconds >= 0 && seconds <= 3600)) throw new CliError('--seconds is a number from 0 to 3600.', 'usage');
    const rows = typeof flags['rows'] === 'string' ? readLocalFile(flags['rows']) : await recentRows(context, rule, sql, seconds);
    const body = JSON.stringify({ ...(rule === undefined ? { sql } : { rule }), rows });
    // shown as it came: numbers of 64 bits keep their digits in a pipe
    const text = await context.client.call('POST', '/sql/diff', body);
    const diff = JSON.parse(text) as SqlDiff;
    context.show(text, { page: () => pageOf(diff, context.io.columns ?? 100, context.io.color) });
    if (!diff.same) throw new CliError('', 'differs');
  },
};

/** Rows of the streams of a rule as JSON lines; '' when none came. */
async function recentRows(context: CommandContext, rule: string | undefined, sql: unknown, seconds: number): Promise<string> {
  if (seconds === 0) return '';
  const { client } = context;
  const { sources } =
    rule === undefined
      ? await client.json<{ sources: string[] }>('POST', '/rules/validate', JSON.stringify({ id: 'diff', sql, actions: [{ nop: {} }] }))
      : await sourcesOfRule(context, rule);
  const lines: string[] = [];
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const following = await Promise.all(
    sources.map((stream) =>
      followSelect(client, `internal-diff-${randomUUID()}`, `SELECT * FROM \`${stream}\``, (row) => {
        if (lines.length < MOST_ROWS) lines.push(`{"stream":${JSON.stringify(stream)},"row":${row},"atMs":${Date.now()}}`);
        if (lines.length >= MOST_ROWS) resolve();
      }),
    ),
  );
  const timer = setTimeout(resolve, seconds * 1000);
  const stop = () => resolve();
  process.once('SIGINT', stop);
  context.note(`Waiting ${seconds} s for rows of ${sources.join(', ')} …`);
  await enough;
  clearTimeout(timer);
  process.off('SIGINT', stop);
  await Promise.all(following.map((f) => f.stop()));
  if (lines.length === 0) context.note('No row came; the last message of each stream is taken, if there was one.');
  return lines.join('\n');
}

/** Streams only: tables are not followed. */
async function sourcesOfRule({ client }: CommandContext, rule: string): Promise<{ sources: string[] }> {
  const text = await client.call('GET', `/rules/${encode(rule)}`);
  const { sources } = await client.json<{ sources: string[] }>('POST', '/rules/validate', text);
  const streams = await client.json<string[]>('GET', '/streams');
  return { sources: sources.filter((s) => streams.includes(s)) };
}

function pageOf(diff: SqlDiff, columns: number, color: boolean): string {
  const lines: string[] = [];
  if (diff.rows === 0) lines.push('There were no rows; give some with --rows FILE.');
  const sides = [
    ['standard', diff.standard],
    ['ekuiper', diff.ekuiper],
  ] as const;
  for (const [name, side] of sides) lines.push(...notesOf(name, side));
  if (diff.differences.length > 0) {
    const cell = (rows: readonly unknown[] | null): Cell =>
      rows === null ? { text: 'nothing', style: 'dim' } : rows.map((r) => JSON.stringify(r)).join(' ');
    lines.push(
      renderTable(
        ['AFTER ROW', 'STANDARD', 'EKUIPER'],
        diff.differences.map((d) => [d.afterRow, cell(d.standard), cell(d.ekuiper)]),
        columns,
        color,
      ),
    );
  }
  const results = diff.standard.refused === undefined ? diff.standard.results.length : 0;
  lines.push(
    diff.same
      ? `Both give the same: ${diff.rows} rows, ${results} results.`
      : `${diff.differences.length} differences in the results of ${diff.rows} rows.`,
  );
  return lines.join('\n');
}

function notesOf(name: string, side: Side): string[] {
  if (side.refused !== undefined) return [`${name} refuses the statement: ${safe(side.refused)}`];
  return [
    ...side.errors.map((e) => `${name}: ${e.count} rows failed: ${safe(e.text)}`),
    ...(side.cut ? [`${name}: there are more results than are compared.`] : []),
  ];
}
