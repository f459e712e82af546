// Credentials of REST, read from etc/mgmt: public keys for eKuiper's JWT (RS256, `iss` names the key file, `aud` holds eKuiper) and
// the file `tokens` with one line per token: `name role sha256-of-token-in-hex`; role admin (everything) or viewer (GET only).
// Only the hash is stored, so the file gives no access by itself. Read at start and on SIGHUP.
import type { KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { nodeCrypto } from '../base/node-builtins.ts';

export type Role = 'admin' | 'viewer';

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
  check(authorization: string | undefined, nowMs: number): { role: Role } | { refused: string };
}

/** @throws GatewayError CONFIG_VALUE (a bad line of `tokens`, with its number) or CONFIG_FILE */
export function readCredentials(folder: string): Credentials {
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
    if (name === 'tokens') tokens = parseTokens(file, content);
    else if (content.includes('PUBLIC KEY') || content.includes('CERTIFICATE')) keys.set(name, publicKeyOf(file, content));
  }
  return {
    count: keys.size + tokens.length,
    check(authorization, nowMs) {
      const given = (authorization ?? '').replace(/^Bearer\s+/i, '').trim();
      if (given === '') return { refused: 'missing_token' };
      const hash = nodeCrypto().createHash('sha256').update(given).digest();
      const known = tokens.find((t) => nodeCrypto().timingSafeEqual(t.hash, hash));
      if (known) return { role: known.role };
      return given.split('.').length === 3 ? checkJwt(given, keys, nowMs) : { refused: 'unknown token' };
    },
  };
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

function checkJwt(token: string, keys: ReadonlyMap<string, KeyObject>, nowMs: number): { role: Role } | { refused: string } {
  const [head, body, signature] = token.split('.') as [string, string, string];
  let header: Record<string, unknown>;
  let claims: Record<string, unknown>;
  try {
    header = JSON.parse(Buffer.from(head, 'base64url').toString('utf8')) as Record<string, unknown>;
    claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return { refused: 'token is malformed' };
  }
  // The algorithm is ours to choose, never the token's: `none` and HS256 with the public key are the classic holes.
  if (header?.['alg'] !== 'RS256') return { refused: 'signing method must be RS256' };
  const key = typeof claims?.['iss'] === 'string' ? keys.get(claims['iss']) : undefined;
  if (!key) return { refused: 'iss names no public key of etc/mgmt' };
  if (!nodeCrypto().verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
    return { refused: 'signature is invalid' };
  const audience = claims['aud'];
  if (!(audience === 'eKuiper' || (Array.isArray(audience) && audience.includes('eKuiper')))) return { refused: 'audience is not eKuiper' };
  if (typeof claims['exp'] === 'number' && nowMs >= claims['exp'] * 1000) return { refused: 'token is expired' };
  if (typeof claims['nbf'] === 'number' && nowMs < claims['nbf'] * 1000) return { refused: 'token is not valid yet' };
  return { role: 'admin' };
}
