// eKuiper's JWT: RS256, `iss` names the key file in etc/mgmt, `aud` holds eKuiper. A token says when it ends and may say what it may do.
import type { KeyObject } from 'node:crypto';
import type { Role, Verdict } from './credentials.ts';
import { type OwnCrypto, own } from './own-builtins.ts';

/** Clocks of two machines differ. */
const LEEWAY_S = 60;
/** A number beyond it is a slip (milliseconds). Year 9999. */
const LAST_S = 253_402_300_799;

export interface JwtParts {
  head: string;
  body: string;
  signature: string;
}

export interface TokenClaims {
  iss: string;
  sub?: string | undefined;
  jti?: string | undefined;
  /** When it was made, s. */
  iat?: number | undefined;
}

/** @param isRevoked asked last */
export function checkJwt(
  { head, body, signature }: JwtParts,
  keys: ReadonlyMap<string, KeyObject>,
  crypto: OwnCrypto,
  nowMs: number,
  isRevoked: (claims: TokenClaims) => boolean,
): Verdict {
  const header = readPart(head);
  const claims = readPart(body);
  if (!header || !claims) return { refused: 'token is malformed' };
  // The algorithm is ours to choose, never the token's: `none` and HS256 with the public key are the classic holes.
  if (header['alg'] !== 'RS256') return { refused: 'signing method must be RS256' };
  // we know no extension, and one that is critical must be known (RFC 7515, 4.1.11)
  if (Object.hasOwn(header, 'crit')) return { refused: 'crit names an extension that is not known here' };
  const key = typeof claims['iss'] === 'string' ? own.mapGet(keys, claims['iss']) : undefined;
  if (!key) return { refused: 'iss names no public key of etc/mgmt' };
  if (!crypto.verify('RSA-SHA256', own.bytes(`${head}.${body}`, 'utf8'), key, own.bytes(signature, 'base64url')))
    return { refused: 'signature is invalid' };
  const audience = claims['aud'];
  if (!(audience === 'eKuiper' || (Array.isArray(audience) && audience.includes('eKuiper')))) return { refused: 'audience is not eKuiper' };
  const nowS = nowMs / 1000;
  if (!isTime(claims['exp'])) return { refused: 'exp is missing or no time in seconds: a token must say when it ends' };
  if (nowS >= claims['exp']) return { refused: 'token is expired' };
  for (const name of ['nbf', 'iat'] as const)
    if (claims[name] !== undefined && !isTime(claims[name])) return { refused: `${name} is not a time in seconds` };
  if (isTime(claims['nbf']) && nowS < claims['nbf']) return { refused: 'token is not valid yet' };
  if (isTime(claims['iat']) && claims['iat'] > nowS + LEEWAY_S) return { refused: 'iat lies in the future' };
  for (const name of ['sub', 'jti'] as const)
    if (claims[name] !== undefined && typeof claims[name] !== 'string') return { refused: `${name} is not text` };
  const role = roleOf(claims);
  if (!role) return { refused: 'role is none of admin, viewer' };
  const named = { iss: claims['iss'] as string, sub: claims['sub'] as string, jti: claims['jti'] as string, iat: claims['iat'] as number };
  return isRevoked(named) ? { refused: 'token is revoked' } : { role, who: named.sub ?? named.iss };
}

/** @returns undefined when it is not a JSON object */
function readPart(part: string): Record<string, unknown> | undefined {
  if (!/^[\w-]+$/.test(part)) return undefined;
  try {
    const value: unknown = own.parseJson(own.textOf(own.bytes(part, 'base64url')));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the caller refuses it
  }
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= LAST_S;

/** eKuiper's tokens have no role and may do everything; of several roles the lesser one counts. */
function roleOf(claims: Record<string, unknown>): Role | undefined {
  const given = claims['role'] ?? claims['roles'];
  if (given === undefined) return Object.hasOwn(claims, 'role') || Object.hasOwn(claims, 'roles') ? undefined : 'admin';
  const roles: unknown[] = Array.isArray(given) ? given : [given];
  if (roles.length === 0 || roles.some((r) => r !== 'admin' && r !== 'viewer')) return undefined;
  return roles.includes('viewer') ? 'viewer' : 'admin';
}
