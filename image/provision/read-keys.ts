// SSH keys of gateway.yaml and of Raspberry Pi Imager. A device without a key cannot be reached, so keys are also looked for in the bare text
// when the part itself cannot be read. Called by read-settings.ts and imager.ts.

const TYPES = 'ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\\.com|sk-ecdsa-sha2-nistp256@openssh\\.com';
/** Restrictions before a key (sshd(8), AUTHORIZED_KEYS): words and `name="value"`. */
const OPTION =
  '(?:restrict|cert-authority|no-[a-z0-9-]+|pty|port-forwarding|agent-forwarding|X11-forwarding|user-rc|verify-required|no-touch-required|(?:from|command|expiry-time|permitopen|permitlisten|environment|principals|tunnel)="(?:[^"\\\\\\n]|\\\\.)*")';
const LINE = new RegExp(`^(?:(${OPTION}(?:,${OPTION})*) )?(${TYPES}) ([A-Za-z0-9+/]{40,}={0,3})( [^\\n]*)?$`);

/** @returns why this is no key, or undefined when it is one */
export function keyProblem(key: string): string | undefined {
  if (/PRIVATE KEY/.test(key)) return 'this is a private key; never put it here, take the file that ends in .pub';
  const match = LINE.exec(key);
  if (!match) {
    if (/\n/.test(key)) return 'this is more than one line; each key is a line of its own';
    return 'expected one line of a .pub file, e.g. ssh-ed25519 AAAA... me@laptop';
  }
  if (match[1]?.includes('cert-authority')) return 'certificates of SSH are not taken here; give the key itself';
  return isWhole(match[2]!, match[3]!) ? undefined : 'the key is not whole: a part is missing. Copy the line again';
}

/** A key that a terminal or a mail has broken into lines, as one line again; anything else as it is. */
export function joinKey(key: string): string {
  if (keyProblem(key) === undefined) return key;
  const [type = '', ...rest] = key.trim().split(/\s+/);
  for (let parts = 2; parts <= rest.length; parts++) {
    const line = [type, rest.slice(0, parts).join(''), ...rest.slice(parts)].join(' ');
    if (keyProblem(line) === undefined) return line;
  }
  return key;
}

/** True unless the blob says another type or length than it has. */
function isWhole(type: string, base64: string): boolean {
  const blob = Buffer.from(base64, 'base64');
  const first = blob.readUInt32BE(0);
  if (first === 0) return true; // not the form that any tool writes; sshd will judge
  if (blob.subarray(4, 4 + first).toString('latin1') !== type) return false;
  let at = 0;
  while (at + 4 <= blob.length) at += 4 + blob.readUInt32BE(at);
  return at === blob.length;
}

/** All whole keys in a text, in any quotes, but not in comments. */
export function findKeys(text: string): string[] {
  const found: string[] = [];
  const pattern = new RegExp(`(?:(${OPTION}(?:,${OPTION})*) )?(${TYPES})[ \\t]+([A-Za-z0-9+/]{40,}={0,3})([ \\t]+[^\\s"',\\]}#]+)?`, 'g');
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*#/.test(line)) continue;
    for (const match of line.matchAll(pattern)) {
      const key = `${match[1] ? `${match[1]} ` : ''}${match[2]} ${match[3]}${match[4] ? ` ${match[4].trim()}` : ''}`;
      if (keyProblem(key) === undefined && !found.includes(key)) found.push(key);
    }
  }
  return found;
}
