// `kuiper query SQL`: a SELECT over the historian of the gateway.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { safe } from '../table.ts';

interface Answer {
  columns: string[];
  rows: Record<string, unknown>[];
  truncated: boolean;
}

export const query: Command = {
  name: 'query',
  usage: "query 'SELECT …'",
  doc: 'Ask the historian: history (at, series, field, value), history_minutes, history_hours (at, series, field, count, min, max, avg).',
  examples: [
    [
      "kuiper query \"SELECT datetime(at / 1000, 'unixepoch') AS time, value FROM history WHERE series = 'boiler' ORDER BY at DESC LIMIT 10\"",
      'the latest values',
    ],
    ['kuiper query "SELECT max(max) FROM history_hours WHERE field = \'temp\'" --json | jq .rows', 'for a script'],
  ],
  async run(context) {
    const sql = context.args.join(' ');
    if (sql.trim() === '') throw new CliError("Expect a statement such as 'SELECT * FROM history LIMIT 10'.", 'usage');
    context.show(await context.client.call('POST', '/history/query', JSON.stringify({ sql })), {
      table: ({ columns, rows }: Answer) => ({ head: columns.map(safe), rows: rows.map((r) => columns.map((c) => cell(r[c]))) }),
    });
  },
};

export const cell = (value: unknown): string | number =>
  typeof value === 'number' ? value : value === null || value === undefined ? '' : safe(String(value));
