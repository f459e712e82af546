// `kuiper sql lint FILE…`: errors and likely slips of SQL files and rules, with place and cure, for people and for CI.
import type { Diagnostic } from '../../service/editor/index.ts';
import { renderPlace } from '../../sql/diagnostics.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { SQL_TEXT_FLAG, type SqlInput, sqlInputs } from '../sql/inputs.ts';
import { linterFor } from '../sql/linter.ts';
import { paint, safe } from '../table.ts';

export const sqlLint: Command = {
  name: 'sql lint',
  usage: 'sql lint FILE… [--offline] [--warnings]',
  doc: 'Check SQL files, rules and exports: errors with place and cure. Ends with 1 when there are any.',
  flags: [
    SQL_TEXT_FLAG,
    { names: ['offline'], value: false, doc: 'ask no gateway: streams that the files do not make are taken as given' },
    { names: ['warnings', 'w'], value: false, doc: 'warnings count as errors' },
  ],
  exits: true,
  examples: [
    ['kuiper sql lint streams.sql rule.json', 'with the streams of the gateway'],
    ['kuiper sql lint --offline sql/*.sql', 'in CI, without a gateway'],
    ["kuiper sql lint --sql 'SELECT avgg(a) FROM demo'", 'one statement'],
  ],
  async run(context) {
    const inputs = sqlInputs(context);
    const lint = await linterFor(context, inputs);
    const found: { input: SqlInput; diagnostics: readonly Diagnostic[] }[] = [];
    for (const input of inputs) found.push({ input, diagnostics: await lint(input) });
    const shown = found.map(({ input, diagnostics }) => ({
      file: input.name,
      ok: diagnostics.every((d) => d.severity !== 'error'),
      diagnostics,
    }));
    const all = found.flatMap((f) => f.diagnostics);
    const errors = all.filter((d) => d.severity === 'error').length;
    context.show(JSON.stringify(shown), {
      page: () =>
        [
          ...found.flatMap(({ input, diagnostics }) => diagnostics.map((d) => textOf(input, d, context.io.color))),
          `${inputs.length} checked: ${errors} errors, ${all.length - errors} warnings`,
        ].join('\n'),
    });
    if (errors > 0 || (context.flags['warnings'] === true && all.length > 0)) throw new CliError('', 'failed');
  },
};

function textOf({ name, sql }: SqlInput, d: Diagnostic, color: boolean): string {
  const { line, column } = d.range.start;
  const [, ...place] = renderPlace(sql, d, d.hint || d.cure).split('\n');
  return [
    `${safe(name)}:${line}:${column}: ${paint(d.severity === 'error' ? 'bad' : 'warn', d.severity, color)} ${d.code}: ${safe(d.message)}`,
    ...place.map(safe),
  ].join('\n');
}
