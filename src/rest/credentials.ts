// Credentials of REST, read from etc/mgmt: public keys for eKuiper's JWT (jwt.ts) and
// the file `tokens` with one line per token: `name role sha256-of-token-in-hex`; role admin (everything) or viewer (GET only).
// Only the hash is stored, so the file gives no access by itself. Read at start and on SIGHUP. What was revoked: revocations.ts.
import type { KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import { checkJwt, type JwtParts } from './jwt.ts';
import { own, ownCrypto } from './own-builtins.ts';
import type { Revocations } from './revocations.ts';

export type Role = 'admin' | 'viewer';

/** What a caller may do and who he is (name of the token, subject of a JWT), or why he may not. */
export type Verdict = { role: Role; who?: string } | { refused: string };

interface StoredToken {
  name: string;
  role: Role;
  hash: Buffer;
}

export interface Credentials {
  /** Keys plus tokens; 0 = nobody can be let in. */
  readonly count: number;
  /** @param authorization header as received, with or without `Bearer `
   *  @param nowMs epoch ms, for `exp` and `nbf`
   *  @returns the role, or the reason of the refusal */
  check(authorization: string | undefined, nowMs: number): Verdict;
}

/** @throws GatewayError CONFIG_VALUE (a bad line of `tokens`, with its number) or CONFIG_FILE */
export function readCredentials(folder: string, revocations?: Pick<Revocations, 'isRevoked' | 'isTokenRevoked'>): Credentials {
  const keys = new Map<string, KeyObject>();
  let tokens: StoredToken[] = [];
  for (const name of listFiles(folder)) {
    const file = join(folder, name);
    let content: string;
    try {
      content = readFileSync(file, 'utf8');
    } catch (error) {
      throw new GatewayError('CONFIG_FILE', { file, reason: messageOf(error) }, { cause: error });
    }
    if (name === 'revoked') continue;
    if (name === 'tokens') tokens = parseTokens(file, content);
    else if (content.includes('PUBLIC KEY') || content.includes('CERTIFICATE')) keys.set(name, publicKeyOf(file, content));
  }
  const crypto = keys.size + tokens.length > 0 ? ownCrypto() : undefined;
  return {
    count: keys.size + tokens.length,
    check(authorization, nowMs) {
      const given = withoutScheme(authorization ?? '');
      if (given === '') return { refused: 'missing_token' };
      if (!crypto) return { refused: 'unknown token' };
      const hash = crypto.sha256(given);
      let known: StoredToken | undefined;
      for (let i = 0; i < tokens.length; i++) if (crypto.timingSafeEqual(tokens[i]!.hash, hash)) known = tokens[i];
      if (known) return revocations?.isTokenRevoked(known.name) ? { refused: 'token is revoked' } : { role: known.role, who: known.name };
      const parts = partsOf(given);
      if (!parts) return { refused: 'unknown token' };
      return checkJwt(parts, keys, crypto, nowMs, (claims) => revocations?.isRevoked(claims) ?? false);
    },
  };
}

/** `Bearer x` → `x` */
function withoutScheme(header: string): string {
  const text = own.trim(header);
  const scheme = own.toLowerCase(own.slice(text, 0, 7));
  return scheme === 'bearer ' || scheme === 'bearer\t' ? own.trim(own.slice(text, 7)) : text;
}

/** Undefined when it is not a JWT. */
function partsOf(token: string): JwtParts | undefined {
  const first = own.indexOf(token, '.', 0);
  const second = first < 0 ? -1 : own.indexOf(token, '.', first + 1);
  if (second < 0 || own.indexOf(token, '.', second + 1) >= 0) return undefined;
  return { head: own.slice(token, 0, first), body: own.slice(token, first + 1, second), signature: own.slice(token, second + 1) };
}

function publicKeyOf(file: string, content: string): KeyObject {
  try {
    return nodeCrypto().createPublicKey(content);
  } catch (error) {
    throw new GatewayError('CONFIG_FILE', { file, reason: `no public key in PEM form (${messageOf(error)})` }, { cause: error });
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((e) => !e.isDirectory())
      .map((e) => e.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new GatewayError('CONFIG_FILE', { file: folder, reason: messageOf(error) }, { cause: error });
  }
}

function parseTokens(file: string, content: string): StoredToken[] {
  const tokens: StoredToken[] = [];
  for (const [i, raw] of content.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [name = '', role = '', hex = ''] = line.split(/\s+/);
    const problem =
      role !== 'admin' && role !== 'viewer'
        ? `"${role}" is not a role (admin, viewer)`
        : /^[0-9a-f]{64}$/i.test(hex)
          ? ''
          : 'expected the SHA-256 of the token, 64 hex digits';
    if (problem) throw new GatewayError('CONFIG_VALUE', { place: `${file}:${i + 1}`, key: name, problem });
    tokens.push({ name, role: role as Role, hash: Buffer.from(hex, 'hex') });
  }
  return tokens;
}
