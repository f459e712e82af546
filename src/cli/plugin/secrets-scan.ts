// Passwords and keys that would travel with a plugin: in its code, in what is bundled into it, in its runtime files. Finds what looks like one;
// values that are plainly examples are left alone.

const KNOWN: readonly [what: string, pattern: RegExp][] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\bgh[pousr]_[A-Za-z0-9]{30,}\b/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
  ['a Stripe key', /\b[rs]k_live_[A-Za-z0-9]{16,}/],
  ['a Google API key', /\bAIza[0-9A-Za-z_-]{35}\b/],
  ['a Telegram bot token', /\b\d{8,10}:[A-Za-z0-9_-]{35}\b/],
  ['a JSON web token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  ['a login in an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"`${}]+:[^\s/@'"`${}]+@/i],
];
/** `password = '…'`, `"apiKey": "…"` */
const ASSIGNED =
  /\b([A-Za-z_]*(?:passw(?:or)?d|passphrase|secret|token|api_?key|access_?key|private_?key)[A-Za-z_]*)['"]?\s*[:=]\s*(['"`])([^'"`\n]{6,})\2/gi;
const EXAMPLE =
  /^(?:\*+|x+|<.*>|.*\$\{.*|.*\{\{.*|your.*|my.*|change.?me.*|example.*|test.*|dummy.*|placeholder.*|none|undefined|null|string|password|secret|token)$/i;

export interface SecretFound {
  line: number;
  /** `a private key`, `password` */
  what: string;
}

/** @returns one entry per line at most */
export function scanSecrets(text: string): SecretFound[] {
  const out: SecretFound[] = [];
  text.split('\n').forEach((line, i) => {
    // a bundle's map repeats the sources, encoded
    if (line.startsWith('//# sourceMappingURL=') || line.length > 20_000) return;
    const known = KNOWN.find(([, pattern]) => pattern.test(line));
    if (known && !/\b(?:user|username|login):(?:pass|password|passwd|pw|secret)@/i.test(line)) {
      out.push({ line: i + 1, what: known[0] });
      return;
    }
    for (const [, name, , value] of line.matchAll(ASSIGNED)) {
      // a text of words is not a password; nor is a name of something
      if (EXAMPLE.test(value!) || /\s/.test(value!) || /^(?:type|name|kind|label|option)/i.test(name!) || value === name) continue;
      out.push({ line: i + 1, what: `a value of "${name}"` });
      break;
    }
  });
  return out;
}
