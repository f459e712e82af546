// Tokens of REST as the owner sees them: names and roles of etc/mgmt/tokens, a new one with its secret shown once, and removal. The file holds hashes only
// (rest/credentials.ts reads it). Called by rest/routes/tokens.ts.
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import { nodeCrypto } from '../base/node-builtins.ts';

export interface Tokens {
  list(): { name: string; role: string }[];
  /** @returns the token; it is kept nowhere  @throws SERVICE_REFUSED */
  add(name: string, role: string): string;
  /** @throws SERVICE_NOT_FOUND; SERVICE_REFUSED for the last admin, who could not come back */
  remove(name: string): void;
}

const ROLES = ['admin', 'viewer'];
const MAX_TOKENS = 200;

/** @param reload takes what the file says now; throws what the next start would refuse */
export function createTokens(etc: string, reload: () => void): Tokens {
  const file = join(etc, 'mgmt/tokens');
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  const read = (): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  };
  const change = (before: string, after: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeDurably(file, after, 0o640);
    try {
      reload();
    } catch (error) {
      writeDurably(file, before, 0o640);
      reload();
      throw error;
    }
  };
  return {
    list: () => rowsOf(read()).map(([name = '', role = '']) => ({ name, role })),
    add(name, role) {
      if (!/^[A-Za-z0-9_.@-]{1,64}$/.test(name)) throw refuse('the name of a token has 1 to 64 letters, digits and _ . @ -');
      if (!ROLES.includes(role)) throw refuse(`role: expected one of ${ROLES.join(', ')}`);
      const before = read();
      const rows = rowsOf(before);
      if (rows.some(([n]) => n === name)) throw refuse(`there is a token ${name}; remove it first`);
      if (rows.length >= MAX_TOKENS) throw refuse(`there are ${MAX_TOKENS} tokens; remove one first`);
      const { createHash, randomBytes } = nodeCrypto();
      const token = randomBytes(32).toString('base64url');
      const hash = createHash('sha256').update(token).digest('hex');
      change(before, `${before === '' || before.endsWith('\n') ? before : `${before}\n`}${name} ${role} ${hash}\n`);
      return token;
    },
    remove(name) {
      const before = read();
      const rows = rowsOf(before);
      const row = rows.find(([n]) => n === name);
      if (!row) throw new GatewayError('SERVICE_NOT_FOUND', { text: `there is no token ${name}` });
      if (row[1] === 'admin' && rows.filter(([, role]) => role === 'admin').length === 1)
        throw refuse(`${name} is the last token of the role admin; make another one first`);
      change(
        before,
        before
          .split('\n')
          .filter((line) => rowsOf(line)[0]?.[0] !== name)
          .join('\n'),
      );
    },
  };
}

/** Lines with a token, in words. */
const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
