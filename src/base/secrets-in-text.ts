// Secrets in a file of configuration, line by line, without knowing what the file means. Used by config/secrets-in-files.ts and by backups.
import { maskText, maskValue } from './secrets.ts';

/** `password: x` of YAML and JSON. */
const MEMBER = /^\s*(?:- )?["']?([\w.-]+)["']?\s*:\s*(.*?),?\s*$/;
const QUOTED = /^(["'])(.*)\1$/;

/** @returns names of the properties that hold a secret in clear, once each; a line with an address that has a password counts by its property */
export function clearSecretsIn(text: string): string[] {
  const found = new Set<string>();
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, raw = ''] = MEMBER.exec(line) ?? [];
    if (name === undefined) {
      if (maskText(line) !== line) found.add(line.trim().replace(/[\s:=].*$/, ''));
      continue;
    }
    // a comment behind the value is none of it
    const bare = raw.replace(/\s+#.*$/, '');
    const value = QUOTED.exec(bare)?.[2] ?? bare;
    if (value !== '' && !/^(true|false|null|~|#.*)$/i.test(value) && !/^[[{|>]/.test(value) && maskValue(value, name) !== value)
      found.add(name);
  }
  return [...found];
}
