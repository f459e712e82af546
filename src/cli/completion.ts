// Completion of the command line: scripts for bash, zsh and fish ask `kuiper completion words` for what may stand next. Commands and flags come from the
// commands themselves, names of rules, streams and tables from the gateway. Used by commands/completion.ts.
import { type CliOptions, parseGlobal } from './arguments.ts';
import type { Client } from './client.ts';
import type { Command } from './command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of kuiper: eval "$(kuiper completion bash)"
_kuiper() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(kuiper completion words "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kuiper kuiper
`,
  zsh: `#compdef kuiper
# zsh completion of kuiper: eval "$(kuiper completion zsh)"
_kuiper() {
  local -a found
  found=("\${(@f)$(kuiper completion words "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
}
compdef _kuiper kuiper
`,
  fish: `# fish completion of kuiper: kuiper completion fish | source
complete -c kuiper -f -a '(kuiper completion words (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};

export const completionScript = (shell: Shell): string => SCRIPTS[shell];

/** Global options before the command, and what follows them. @returns no options when there are none, or when they are still being typed */
export function splitGlobal(words: readonly string[]): { options: CliOptions | undefined; words: readonly string[] } {
  let at = 0;
  let taken = false;
  for (const word of words.slice(0, -1)) {
    if (taken) taken = false;
    else if (word.startsWith('-')) taken = VALUED.test(word);
    else break;
    at++;
  }
  // the value of an option is being typed
  if (at === 0 || taken) return { options: undefined, words };
  try {
    return { options: parseGlobal(words.slice(0, at)), words: words.slice(at) };
  } catch {
    return { options: undefined, words }; // an option that there is not
  }
}

const VALUED = /^--?(url|token|root|context)$/;
const OPTIONS = ['--context', '--ekuiper', '--help', '--json', '--root', '--strict', '--table', '--token', '--url', '--version', '--yaml'];

/** Lists that hold the names which a command takes first. */
function listsOf({ name, usage }: Command): string[] {
  if (name.startsWith('create ') || name.startsWith('validate ')) return [];
  const [, first = ''] = usage.slice(name.length).split(' ');
  const takes = (kind: string) => name.endsWith(` ${kind}`) || first.replace(/[[\]]/g, '').split('|').includes(kind.toUpperCase());
  return ['rule', 'stream', 'table'].filter(takes).map((kind) => `/${kind}s`);
}

/** @param words typed so far, without `kuiper` and its options; the last one is being typed, '' when it is new
 *  @param contexts names of stored gateways
 *  @returns what may stand in the place of the last one; [] when the gateway does not answer */
export async function completeWords(
  words: readonly string[],
  commands: readonly Command[],
  client: Pick<Client, 'json'>,
  contexts: readonly string[] = [],
): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const fits = (all: Iterable<string>) => [...new Set(all)].filter((w) => w.startsWith(typed)).sort();
  if (before.at(-1) === '--context') return fits(contexts);
  if (before.length === 0) return fits(typed.startsWith('-') ? OPTIONS : commands.map((c) => c.name.replace(/ .*/, '')));
  const objects = commands.filter((c) => c.name.startsWith(`${before[0]} `)).map((c) => c.name.slice(c.name.indexOf(' ') + 1));
  if (before.length === 1 && objects.length > 0) return fits(objects);
  const command = commands.find((c) => c.name === `${before[0]} ${before[1]}`) ?? commands.find((c) => c.name === before[0]);
  if (!command) return [];
  if (typed.startsWith('-')) return fits([...(command.flags ?? []).map((f) => `--${f.names[0]}`), '--help', '--json', '--table', '--yaml']);
  const place = before.length - command.name.split(' ').length;
  if (/^context (use|remove)$/.test(command.name) && place === 0) return fits(contexts);
  if (command.name === 'tap' && place === 1) return fits(await nodesOf(client, before[1] ?? ''));
  const lists = place === 0 ? listsOf(command) : [];
  return fits((await Promise.all(lists.map((list) => namesOf(client, list)))).flat());
}

async function namesOf(client: Pick<Client, 'json'>, list: string): Promise<string[]> {
  const items = await client.json<unknown>('GET', list).catch(() => []);
  return (Array.isArray(items) ? items : []).flatMap((i: unknown) => {
    if (typeof i === 'string') return [i];
    const id = (i as { id?: unknown } | null)?.id;
    return typeof id === 'string' ? [id] : [];
  });
}

async function nodesOf(client: Pick<Client, 'json'>, rule: string): Promise<string[]> {
  const topo = await client
    .json<{ sources: string[]; edges: Record<string, string[]> }>('GET', `/rules/${encodeURIComponent(rule)}/topo`)
    .catch(() => ({ sources: [], edges: {} }));
  return [...topo.sources, ...Object.entries(topo.edges).flatMap(([from, to]) => [from, ...to])].map((n) =>
    n.replace(/^(source|op|sink)_/, ''),
  );
}
