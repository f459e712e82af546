// Stream and table commands are SQL statements; the server's answer is HTML-escaped, as eKuiper's.
import { readFileSync } from 'node:fs';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command.ts';

export async function runStatement({ client }: Pick<CommandContext, 'client'>, sql: string): Promise<string> {
  const text = await client.call('POST', '/streams', JSON.stringify({ sql }));
  return text
    .replace(/&(amp|lt|gt|#34|#39);/g, (_all, name: string) => ({ amp: '&', lt: '<', gt: '>', '#34': '"', '#39': "'" })[name]!)
    .replace(/\n$/, '');
}

/** A name such as my-stream stands in back quotes in SQL; whoever types it in a shell shall not have to. */
export function quoteName(name: string): string {
  return /^[\w-]+$/.test(name) ? `\`${name}\`` : name;
}

/** `create stream x (…) WITH (…)` or `-f file` with what follows CREATE STREAM. */
export async function createFrom(context: CommandContext, kind: 'stream' | 'table'): Promise<void> {
  const file = context.flags['file'];
  let rest = context.args.join(' ');
  if (typeof file === 'string') {
    context.print(`Creating a new ${kind} from file ${file}.`);
    try {
      rest = readFileSync(file, 'utf8');
    } catch {
      throw new CliError(`The specified ${kind} defenition file ${file} is not existed.`, 'usage');
    }
  }
  if (rest.trim() === '') throw new CliError(`Expect ${kind} definition.`, 'usage');
  context.print(`${await runStatement(context, `create ${kind} ${rest}`)}\n`);
}
