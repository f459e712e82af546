// The help text, made from the commands themselves.
import type { Command } from './command.ts';

export function helpText(commands: readonly Command[]): string {
  const rows = commands.map((c) => [`  kuiper ${c.usage}`, c.doc] as const);
  const width = Math.min(66, Math.max(...rows.map(([left]) => left.length)) + 2);
  const lines = rows.map(([left, doc]) => (left.length < width ? left.padEnd(width) + doc : `${left}\n${' '.repeat(width)}${doc}`));
  return `Usage: kuiper [--url URL] [--token TOKEN] [--root DIR] [--strict] COMMAND …

Commands:
${lines.join('\n')}
  kuiper query${' '.repeat(Math.max(1, width - 14))}Type SELECT statements and see their results.

Options:
  --url URL      address of the gateway (also KUIPER_URL; default: from etc/kuiper.yaml, http://127.0.0.1:9081)
  --token TOKEN  token for a gateway that asks for one (also KUIPER_TOKEN)
  --root DIR     root folder of the gateway on this machine (also KuiperBaseKey)
  --strict       exit with 1 after an error (also KUIPER_STRICT=1); eKuiper's CLI always exits with 0
`;
}
