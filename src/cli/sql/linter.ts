// The linter of `kuiper sql lint`: the gateway's when one answers, since it knows streams, columns and plugins, else that of this program.
import type { SqlCompatibility } from '../../base/sql-compatibility.ts';
import type { Diagnostic } from '../../service/editor/index.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command.ts';
import type { SqlInput } from './inputs.ts';

export type Linter = (input: SqlInput) => Promise<readonly Diagnostic[]>;

/** @param inputs all of them: streams that one file makes are known in the others */
export async function linterFor(context: CommandContext, inputs: readonly SqlInput[]): Promise<Linter> {
  if (context.flags['offline'] !== true) {
    try {
      await context.client.call('GET', '/ping');
      return (input) => remote(context, input);
    } catch (error) {
      if (!(error instanceof CliError) || error.kind !== 'unreachable') throw error;
      context.note('No gateway answers: columns, plugins and streams of a gateway are not known (--offline says that this is meant).');
    }
  }
  const { createOfflineEditor } = await import('../../service/editor/offline.ts');
  const editor = createOfflineEditor();
  for (const input of inputs) if (input.kind === 'script') editor.learn(input.name, input.sql);
  return ({ sql, kind, sqlCompatibility }) => editor.lint(sql, kind, sqlCompatibility as SqlCompatibility | undefined);
}

async function remote({ client }: CommandContext, { sql, kind, sqlCompatibility }: SqlInput): Promise<readonly Diagnostic[]> {
  const body = JSON.stringify({ sql, kind, ...(sqlCompatibility === undefined ? {} : { sqlCompatibility }) });
  return (await client.json<{ diagnostics: Diagnostic[] }>('POST', '/sql/lint', body)).diagnostics;
}
