// The help texts, made from the commands themselves.
import type { Command } from './command.ts';

export const GLOBAL: readonly (readonly [string, string])[] = [
  ['--url URL', 'address of the gateway (also KUIPER_URL; default: from etc/kuiper.yaml, http://127.0.0.1:9081)'],
  ['--token TOKEN', 'token for a gateway that asks for one (also KUIPER_TOKEN)'],
  ['--context NAME', 'a gateway stored with `kuiper context add` (also KUIPER_CONTEXT)'],
  ['--root DIR', 'root folder of the gateway on this machine (also KuiperBaseKey)'],
  ['--json, --yaml, --table', 'form of the output; default: a table on a terminal, JSON in a pipe'],
  ['--strict', 'the gateway refuses what would have no effect, such as a misspelt option (also KUIPER_STRICT=1)'],
  ['--ekuiper', "eKuiper's output and exit codes (also KUIPER_CLI=ekuiper)"],
  ['--ekuiper-exit-codes', "eKuiper's exit codes: 0 also after an error"],
];

/** @param all the list is of all commands, not of one verb */
export function helpText(commands: readonly Command[], all = false): string {
  const rows = [
    ...commands.map((c) => [`  kuiper ${c.usage}`, c.doc] as const),
    ...(all ? [['  kuiper query', 'Type SELECT statements and see their results.'] as const] : []),
  ];
  return `Usage: kuiper [OPTIONS] COMMAND …

Commands:
${columns(rows, 66)}

Options:
${columns(
  GLOBAL.map(([o, doc]) => [`  ${o}`, doc]),
  30,
)}

Exit codes: 0 done, 1 refused or failed, 2 wrong command line, 3 the gateway does not answer, 4 a comparison found a difference.
kuiper COMMAND --help shows flags and examples of a command.
`;
}

/** Of one command: usage, flags, examples. */
export function commandHelp(command: Command): string {
  const flags = (command.flags ?? []).map((f) => {
    const names = f.names.map((n) => (n.length === 1 ? `-${n}` : `--${n}`)).join(', ');
    return [`  ${names}${f.value === false ? '' : ' VALUE'}`, f.doc] as const;
  });
  const examples = (command.examples ?? []).map(([line, what]) => [`  ${line}`, what] as const);
  return [
    `Usage: kuiper ${command.usage}\n\n${command.doc}`,
    ...(flags.length ? [`\nFlags:\n${columns(flags, 40)}`] : []),
    ...(examples.length ? [`\nExamples:\n${columns(examples, 60)}`] : []),
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[], most: number): string {
  const width = Math.min(most, Math.max(...rows.map(([left]) => left.length)) + 2);
  return rows.map(([left, doc]) => (left.length < width ? left.padEnd(width) + doc : `${left}\n${' '.repeat(width)}${doc}`)).join('\n');
}
