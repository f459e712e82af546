// gateway-report.txt: what was done and what is wrong, in words. Called by main.ts.
import type { Problem } from './settings.ts';

/** Names of parts as the file has them. */
const PART: Record<string, string> = {
  sshKeys: 'ssh',
  wired: 'network.wired',
  wifi: 'network.wifi',
  vlans: 'network.vlans',
  proxy: 'network.proxy',
  mqttPassword: 'mqtt.password',
  mqttUsers: 'mqtt.users',
};

export interface ReportParts {
  /** The file that was read. */
  source: string;
  /** Parts of the settings that were applied. */
  done: readonly string[];
  problems: readonly Problem[];
  secretsRemoved: boolean;
}

/** CRLF, since the partition is read on any machine. */
export function reportText({ source, done, problems, secretsRemoved }: ReportParts): string {
  const lines = [`Kuiper Gateway read ${source}.`];
  lines.push(done.length > 0 ? `Applied: ${done.map((name) => PART[name] ?? name).join(', ')}.` : 'Nothing was applied.');
  if (secretsRemoved) lines.push('Passwords were taken out of the file after use.');
  if (problems.length > 0) {
    lines.push(
      '',
      `${problems.length} problem${problems.length > 1 ? 's' : ''}; these parts were left as they were, unless the line says otherwise:`,
    );
    for (const { where, line, text } of problems) lines.push(`- ${line ? `line ${line}, ` : ''}${where}: ${text}`);
    lines.push(`Correct ${source} and start the device again.`);
  } else lines.push('No problems.');
  lines.push('');
  return `${lines.join('\r\n')}\r\n`;
}
