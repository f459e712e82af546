// What a command of the CLI gets, for tests that run one without runCli.
import type { CommandContext } from '../../src/cli/command.ts';
import { type OutputForm, show } from '../../src/cli/output.ts';

export function cliContext(given: Pick<CommandContext, 'args' | 'flags' | 'client' | 'print'>, form: OutputForm = 'table'): CommandContext {
  const io = { out: given.print, err: given.print, terminal: false, color: false };
  return { ...given, root: process.cwd(), note: given.print, form, io, show: (json, view = {}) => show(json, view, form, io) };
}
