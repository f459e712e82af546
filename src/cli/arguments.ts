// Words, flags and the server's address from the command line.
import { CliError } from './cli-error.ts';
import type { Command, Flag } from './command.ts';
import type { OutputForm } from './output.ts';

export interface CliOptions {
  url: string | undefined;
  token: string | undefined;
  root: string | undefined;
  /** Name of a stored gateway, see contexts.ts. */
  context: string | undefined;
  strict: boolean;
  /** Output and exit codes as eKuiper's CLI has them. */
  ekuiper: boolean;
  /** Exit codes alone as eKuiper has them: 0 also after an error. */
  ekuiperExitCodes: boolean;
  form: OutputForm | undefined;
  help: boolean;
  version: boolean;
  /** What follows the global options. */
  rest: string[];
}

/** Global options stand before the command. @throws CliError for an unknown one */
export function parseGlobal(argv: readonly string[]): CliOptions {
  const out: CliOptions = {
    url: undefined,
    token: undefined,
    root: undefined,
    context: undefined,
    strict: false,
    ekuiper: false,
    ekuiperExitCodes: false,
    form: undefined,
    help: false,
    version: false,
    rest: [],
  };
  let i = 0;
  for (; i < argv.length && argv[i]!.startsWith('-'); i++) {
    const [, name, inline] = /^--?([a-zA-Z-]+)(?:=(.*))?$/.exec(argv[i]!) ?? [];
    if (name === 'help' || name === 'h') out.help = true;
    else if (name === 'version' || name === 'v') out.version = true;
    else if (name === 'strict') out.strict = true;
    else if (name === 'ekuiper') out.ekuiper = true;
    else if (name === 'ekuiper-exit-codes') out.ekuiperExitCodes = true;
    else if (name === 'json' || name === 'yaml' || name === 'table') out.form = name;
    else if (name === 'url' || name === 'token' || name === 'root' || name === 'context') out[name] = inline ?? argv[++i];
    // eKuiper's: where its etc folder lies; the address comes from elsewhere here
    else if (name === 'loadFileType' || name === 'etc') inline ?? i++;
    else throw new CliError(`Unknown option ${argv[i]}.`, 'usage');
  }
  out.rest = argv.slice(i);
  return out;
}

/** Takes `--json`, `--yaml` and `--table` out of what follows the command, unless the command has a flag of that name. */
export function takeForm(command: Command, argv: readonly string[]): { form: OutputForm | undefined; argv: string[] } {
  let form: OutputForm | undefined;
  const rest = argv.filter((word) => {
    const name = /^--(json|yaml|table)$/.exec(word)?.[1] as 'json' | 'yaml' | 'table' | undefined;
    if (name === undefined || command.flags?.some((f) => f.names.includes(name))) return true;
    form = name;
    return false;
  });
  return { form, argv: rest };
}

/** Arguments and flags of one command. Only flags that the command knows are taken: SQL and JSON may hold dashes. */
export function parseCommandArguments(command: Command, argv: readonly string[]): { args: string[]; flags: Record<string, string | true> } {
  const args: string[] = [];
  const flags: Record<string, string | true> = {};
  const known = (word: string): { flag: Flag; inline: string | undefined } | undefined => {
    const [, name, inline] = /^--?([a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    const flag = name === undefined ? undefined : command.flags?.find((f) => f.names.includes(name));
    return flag && { flag, inline };
  };
  for (let i = 0; i < argv.length; i++) {
    const found = known(argv[i]!);
    if (!found) {
      args.push(argv[i]!);
      continue;
    }
    const { flag, inline } = found;
    if (flag.value === false) flags[flag.names[0]!] = true;
    else {
      const value = inline ?? argv[++i];
      if (value === undefined) throw new CliError(`Flag ${argv[i - 1]} needs a value.`, 'usage');
      flags[flag.names[0]!] = value;
    }
  }
  return { args, flags };
}
