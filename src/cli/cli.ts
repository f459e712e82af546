// Finds the command, talks to the gateway over REST, prints the answer. Called by main.ts and by tests. Next: output.ts, commands/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGatewayError } from '../base/errors/gateway-error.ts';
import type { Environment } from '../config/index.ts';
import { suggest } from '../sql/suggest.ts';
import { type CliOptions, parseCommandArguments, parseGlobal, takeForm } from './arguments.ts';
import { CliError } from './cli-error.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { commands } from './commands/index.ts';
import { contextNamed } from './contexts.ts';
import { commandHelp, helpText } from './help.ts';
import { type Io, type OutputForm, show } from './output.ts';
import { runQueryPrompt } from './query.ts';
import { serverUrl } from './server-address.ts';
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
      await runQueryPrompt(client, screen.out);
      return 0;
    }
    const found = commandOf(verb, object, rest, screen.out);
    if (!found) return 0;
    const { command } = found;
    const { form, argv: words } = takeForm(command, found.rest);
    if (words.includes('--help') || words.includes('-h')) {
      screen.out(commandHelp(command));
      return 0;
    }
    if (command.exits) zero = false;
    const { client, host } = clientOf(options, env, screen.err);
    if (ekuiper && !command.offline) screen.out(`Connecting to ${host}... `);
    const output: OutputForm = ekuiper ? 'ekuiper' : (form ?? options.form ?? (screen.terminal ? 'table' : 'json'));
    await command.run({
      ...parseCommandArguments(command, words),
      client,
      root: options.root ?? env['KuiperBaseKey'] ?? process.cwd(),
      print: screen.out,
      note: screen.err,
      show: (json, view = {}) => show(json, view, output, screen),
      form: output,
      io: screen,
    });
    return 0;
  } catch (error) {
    if (!(error instanceof CliError) && !isGatewayError(error)) throw error;
    // a report that was printed already leaves its exit code only
    if (error.message === '') return zero ? 0 : error instanceof CliError ? EXIT[error.kind] : EXIT.failed;
    if (ekuiper) screen.out(error.message);
    else screen.err(screen.errorTerminal ? paint('bad', error.message, screen.color) : error.message);
    return zero ? 0 : error instanceof CliError ? EXIT[error.kind] : EXIT.usage;
  }
}

function clientOf(options: CliOptions, env: Environment, warn: (text: string) => void) {
  const named = contextNamed(options.context ?? env['KUIPER_CONTEXT'], options.url ?? env['KUIPER_URL'], env);
  const url = serverUrl(options.url ?? named?.url, options.root, env);
  const client = createClient({
    url,
    token: options.token ?? env['KUIPER_TOKEN'] ?? named?.token,
    strict: options.strict || env['KUIPER_STRICT'] === '1',
    warn: (text) => warn(`Warning: ${text}`),
  });
  return { client, host: new URL(url).host };
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
