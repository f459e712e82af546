// Finds the command, talks to the gateway over REST, prints eKuiper's texts. Called by main.ts and by tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGatewayError } from '../base/errors/gateway-error.ts';
import type { Environment } from '../config/index.ts';
import { suggest } from '../sql/suggest.ts';
import { parseCommandArguments, parseGlobal } from './arguments.ts';
import { CliError } from './cli-error.ts';
import { createClient } from './client.ts';
import { commands } from './commands/index.ts';
import { helpText } from './help.ts';
import { runQueryPrompt } from './query.ts';
import { serverUrl } from './server-address.ts';

/** @returns exit code: 0 as in eKuiper, also after errors; with --strict 1 after an error */
export async function runCli(argv: readonly string[], env: Environment, print: (text: string) => void): Promise<number> {
  let strict = env['KUIPER_STRICT'] === '1';
  try {
    const options = parseGlobal(argv);
    strict ||= options.strict;
    if (options.version) {
      const file = join(import.meta.dirname, '../../package.json');
      print(`Kuiper Gateway ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`);
      return 0;
    }
    const [verb, object, ...rest] = options.rest;
    if (options.help || verb === undefined || verb === 'help') {
      print(helpText(commands));
      return 0;
    }
    const url = serverUrl(options.url, options.root, env);
    const client = createClient({ url, token: options.token ?? env['KUIPER_TOKEN'] });
    if (verb === 'query') {
      print(`Connecting to ${new URL(url).host}... `);
      await runQueryPrompt(client, print);
      return 0;
    }
    const name = `${verb} ${object ?? ''}`.trim();
    const command = commands.find((c) => c.name === name);
    if (!command) {
      // `kuiper create`, `kuiper show --help`: what there is of that kind
      const ofVerb = commands.filter((c) => c.name.startsWith(`${verb} `));
      if (ofVerb.length > 0 && (object === undefined || object === '--help' || object === '-h')) {
        print(helpText(ofVerb));
        return 0;
      }
      const near = suggest(
        name,
        commands.map((c) => c.name),
      );
      throw new CliError(`Unknown command "${name}"${near ? `; did you mean "${near}"?` : ''} See kuiper --help.`, 'usage');
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      print(`Usage: kuiper ${command.usage}\n\n${command.doc}`);
      return 0;
    }
    strict ||= command.exits === true;
    if (!command.offline) print(`Connecting to ${new URL(url).host}... `);
    await command.run({ ...parseCommandArguments(command, rest), client, print });
    return 0;
  } catch (error) {
    if (!(error instanceof CliError) && !isGatewayError(error)) throw error;
    print(error.message);
    return strict ? 1 : 0;
  }
}
