// What a command of the CLI gets, for tests that run one without runCli.
import type { CommandContext } from '../../src/cli/command.ts';
import { type OutputForm, show } from '../../src/cli/output.ts';

export function cliContext(given: Pick<CommandContext, 'args' | 'flags' | 'client' | 'print'>, form: OutputForm = 'table'): CommandContext {
  const io = { out: given.print, err: given.print, terminal: false, color: false };
  const shown: CommandContext['show'] = (json, view = {}) => show(json, view, form, io);
  const tell = (value: unknown, sentences: readonly string[]) => {
    if (form === 'table') for (const s of sentences) given.print(s);
    else shown(JSON.stringify(value));
  };
  return { ...given, root: process.cwd(), note: given.print, form, io, tell, show: shown };
}
