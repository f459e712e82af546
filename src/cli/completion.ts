// Completion of the command line: scripts for bash, zsh and fish ask `kuiper completion words` for what may stand next. Commands and flags come from the
// commands themselves, names of rules, streams and tables from the gateway. Used by commands/completion.ts.
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

/** Which list holds the names that a command takes first. */
function listOf({ name, usage }: Command): string | undefined {
  if (name.startsWith('create ') || name.startsWith('validate ')) return undefined;
  if (name.endsWith(' rule') || / RULE\b/.test(usage)) return '/rules';
  if (name.endsWith(' stream')) return '/streams';
  if (name.endsWith(' table')) return '/tables';
  return undefined;
}

/** @param words typed so far, without `kuiper`; the last one is being typed, '' when it is new
 *  @returns what may stand in the place of the last one; [] when the gateway does not answer */
export async function completeWords(
  words: readonly string[],
  commands: readonly Command[],
  client: Pick<Client, 'json'>,
): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const fits = (all: Iterable<string>) => [...new Set(all)].filter((w) => w.startsWith(typed)).sort();
  if (before.length === 0) return fits(commands.map((c) => c.name.split(' ')[0]!));
  const objects = commands.filter((c) => c.name.startsWith(`${before[0]} `)).map((c) => c.name.split(' ')[1]!);
  if (before.length === 1 && objects.length > 0) return fits(objects);
  const command = commands.find((c) => c.name === `${before[0]} ${before[1]}`) ?? commands.find((c) => c.name === before[0]);
  if (!command) return [];
  if (typed.startsWith('-')) return fits((command.flags ?? []).map((f) => `--${f.names[0]}`));
  const list = before.length === command.name.split(' ').length ? listOf(command) : undefined;
  if (list === undefined) return [];
  const items = await client.json<unknown>('GET', list).catch(() => []);
  return fits(
    (Array.isArray(items) ? items : []).flatMap((i: unknown) => {
      if (typeof i === 'string') return [i];
      const id = (i as { id?: unknown } | null)?.id;
      return typeof id === 'string' ? [id] : [];
    }),
  );
}
