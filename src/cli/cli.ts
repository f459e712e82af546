// Finds the command, talks to the gateway over REST, prints the answer. Called by main.ts and by tests. Next: output.ts, commands/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGatewayError } from '../base/errors/gateway-error.ts';
import type { Environment } from '../config/index.ts';
import { suggest } from '../sql/suggest.ts';
import { parseCommandArguments, parseGlobal, takeForm } from './arguments.ts';
import { CliError } from './cli-error.ts';
import { clientOf } from './client-of.ts';
import type { Command } from './command.ts';
import { commands } from './commands/index.ts';
import { commandHelp, helpText } from './help.ts';
import { type Io, type OutputForm, show, type View } from './output.ts';
import { createMeter } from './progress.ts';
import { runQueryPrompt } from './query.ts';
import { paint } from './table.ts';

/** Exit codes. 0 with --ekuiper or --ekuiper-exit-codes also after an error, as eKuiper. */
export const EXIT = { refused: 1, failed: 1, usage: 2, unreachable: 3, differs: 4 } as const;

/** @param io a function: everything is printed with it, as into a pipe
 *  @returns exit code: 0, or see EXIT */
export async function runCli(argv: readonly string[], env: Environment, io: Io | ((text: string) => void)): Promise<number> {
  const screen: Io = typeof io === 'function' ? { out: io, err: io, terminal: false, color: false } : io;
  let ekuiper = env['KUIPER_CLI'] === 'ekuiper';
  let zero = ekuiper;
  try {
    const options = parseGlobal(argv);
    ekuiper ||= options.ekuiper;
    zero = (ekuiper || options.ekuiperExitCodes) && !options.strict && env['KUIPER_STRICT'] !== '1';
    if (options.version) {
      const file = join(import.meta.dirname, '../../package.json');
      screen.out(`Kuiper Gateway ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`);
      return 0;
    }
    const [verb, object, ...rest] = options.rest;
    if (options.help || verb === undefined || verb === 'help') {
      screen.out(helpText(commands, true));
      return 0;
    }
    if (verb === 'query' && object === undefined) {
      const { client, host } = clientOf(options, env, screen.err);
      if (ekuiper || screen.terminal) screen.out(`Connecting to ${host}... `);
      await runQueryPrompt(client, screen.out, env);
      return 0;
    }
    const found = commandOf(verb, object, rest, screen.out);
    if (!found) return 0;
    const { command } = found;
    const { form, argv: words } = command.raw ? { form: undefined, argv: found.rest } : takeForm(command, found.rest);
    if (!command.raw && (words.includes('--help') || words.includes('-h'))) {
      screen.out(commandHelp(command));
      return 0;
    }
    if (command.exits) zero = false;
    const meter =
      screen.errorTerminal && !command.live && !command.ownProgress ? createMeter((text) => void process.stderr.write(text)) : undefined;
    const { client, host } = clientOf(options, env, screen.err, meter);
    if (ekuiper && !command.offline) screen.out(`Connecting to ${host}... `);
    const output: OutputForm = ekuiper ? 'ekuiper' : (form ?? options.form ?? (screen.terminal ? 'table' : 'json'));
    const asked = form ?? options.form;
    const said = asked === 'json' || asked === 'yaml' ? sentences(output, screen) : undefined;
    const shown = (json: string, view: View = {}) => {
      said?.shown();
      show(json, view, output, screen);
    };
    try {
      await command.run({
        ...parseCommandArguments(command, words),
        client,
        root: options.root ?? env['KuiperBaseKey'] ?? process.cwd(),
        print: said && !command.live ? said.add : screen.out,
        note: screen.err,
        tell(value, texts) {
          if (said) shown(JSON.stringify(value));
          else for (const text of texts) screen.out(text);
        },
        show: shown,
        form: output,
        io: screen,
      });
    } finally {
      said?.end();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof CliError) && !isGatewayError(error) && !isSystemError(error)) throw error;
    // a report that was printed already leaves its exit code only
    if (error.message === '') return zero ? 0 : error instanceof CliError ? EXIT[error.kind] : EXIT.failed;
    if (ekuiper) screen.out(error.message);
    else screen.err(screen.errorTerminal ? paint('bad', error.message, screen.color) : error.message);
    return zero ? 0 : error instanceof CliError ? EXIT[error.kind] : isGatewayError(error) ? EXIT.usage : EXIT.failed;
  }
}

/** A file that is not there or may not be read or written: its message names it, and a stack would help nobody. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error;

/** Sentences of a command for one who asked for JSON or YAML: as a member `message`, or beside the result on standard error. */
function sentences(form: OutputForm, io: Io) {
  const all: string[] = [];
  let shown = false;
  return {
    add: (text: string) => void all.push(text),
    shown: () => void (shown = true),
    end() {
      if (all.length === 0) return;
      const message = all.join('\n').trimEnd();
      if (shown) io.err(message);
      else show(JSON.stringify({ message }), {}, form, io);
    },
  };
}

/** @returns the command with the words after its name; undefined when help was printed instead  @throws CliError for an unknown one */
function commandOf(
  verb: string,
  object: string | undefined,
  rest: readonly string[],
  print: (text: string) => void,
): { command: Command; rest: string[] } | undefined {
  const two = `${verb} ${object ?? ''}`.trim();
  const command = commands.find((c) => c.name === two);
  if (command) return { command, rest: [...rest] };
  const one = commands.find((c) => c.name === verb);
  if (one) return { command: one, rest: object === undefined ? [] : [object, ...rest] };
  // `kuiper create`, `kuiper show --help`: what there is of that kind
  const ofVerb = commands.filter((c) => c.name.startsWith(`${verb} `));
  if (ofVerb.length > 0 && (object === undefined || object === '--help' || object === '-h')) {
    print(helpText(ofVerb));
    return undefined;
  }
  const near = suggest(
    two,
    commands.map((c) => c.name),
  );
  throw new CliError(`Unknown command "${two}"${near ? `; did you mean "${near}"?` : ''} See kuiper --help.`, 'usage');
}
