// What a command is: two words, arguments, texts. One file per command in commands/, listed in commands/index.ts.

import { rawNumber } from '../base/raw-json.ts';
import { CliError } from './cli-error.ts';
import type { Client } from './client.ts';
import type { Io, OutputForm, View } from './output.ts';

export interface CommandContext {
  /** Arguments after the two words, flags taken out. */
  readonly args: readonly string[];
  /** Flags by their long name: `-f x`, `--file x` → file; a flag without value is `true`. */
  readonly flags: Readonly<Record<string, string | true>>;
  readonly client: Client;
  /** Root folder of the gateway on this machine: `--root`, else the variable KuiperBaseKey, else the working directory. */
  readonly root: string;
  /** A sentence for the user, on standard output; with --json or --yaml a member `message`, or a remark beside what `show` shows. */
  print(text: string): void;
  /** Sentences for people, and for one who asked for JSON or YAML what they are made from. */
  tell(value: unknown, sentences: readonly string[]): void;
  /** A JSON answer: a table on a terminal, JSON in a pipe, YAML with --yaml, eKuiper's text with --ekuiper. */
  show(json: string, view?: View): void;
  /** A remark that is no result: standard error. */
  note(text: string): void;
  readonly form: OutputForm;
  readonly io: Io;
}

export interface Flag {
  /** Long name first. */
  readonly names: readonly string[];
  /** False: the flag stands alone. Default true. */
  readonly value?: boolean;
  readonly doc: string;
}

export interface Command {
  /** `create stream` */
  readonly name: string;
  readonly usage: string;
  readonly doc: string;
  readonly flags?: readonly Flag[];
  /** Needs no gateway. */
  readonly offline?: true;
  /** Ours alone: ends with a code after an error also with --ekuiper. */
  readonly exits?: true;
  /** It prints as things come, in the form that was asked for. */
  readonly live?: true;
  /** It shows how far it is by itself. */
  readonly ownProgress?: true;
  /** Its words are those of another command line: no option is taken out of them. */
  readonly raw?: true;
  /** Command lines with what they do, for `--help` and the manual page. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  /** Arguments are one SQL text or JSON: flags inside it are not looked for after the first argument that is none. */
  run(context: CommandContext): Promise<void>;
}

export const FILE_FLAG: Flag = { names: ['file', 'f'], doc: 'file with the definition' };

/** First argument. @throws CliError naming what is missing */
export function nameArgument({ args }: CommandContext, what: string): string {
  if (args[0] === undefined || args[0] === '') throw new CliError(`Expect ${what} name.`, 'usage');
  return args[0];
}

/** Runs `work`; a refusal of the server is shown as eKuiper's CLI words it.
 *  @param strip beginning of the server's message that the CLI's own text replaces
 *  @param wrap e.g. (cause) => `Desc rule error : ${cause}.` */
export async function rephrase<T>(strip: string, wrap: (cause: string) => string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CliError) || error.kind !== 'refused') throw error;
    const cause = error.message.startsWith(strip) ? error.message.slice(strip.length) : error.message;
    // place and hint come on lines of their own, after eKuiper's sentence
    const [sentence, ...more] = cause.split('\n');
    throw new CliError([wrap(sentence!), ...more].join('\n'), 'refused');
  }
}

/** JSON as eKuiper prints it: two blanks. Integers beyond 2^53 keep their digits. */
export function indent(json: string): string {
  const reviver = (_k: string, v: unknown, context?: { source?: string }) =>
    typeof v === 'number' && context?.source !== undefined && String(v) !== context.source ? rawNumber(context.source) : v;
  return JSON.stringify(JSON.parse(json, reviver as (k: string, v: unknown) => unknown), undefined, 2);
}

export const encode = encodeURIComponent;
