// Users of the device's MQTT listener: names, hashed passwords, and what each may publish and subscribe. One file, written by provisioning
// and by the gateway (REST, CLI), read by the ingress process. Next file: acl.ts.
import { nodeCrypto } from '../base/node-builtins.ts';

export interface IngressUser {
  name: string;
  /** Base64. */
  salt: string;
  /** scrypt of the password, base64. */
  hash: string;
  /** MQTT filters; `%u` is the user's name, `%c` the client's id. */
  publish: string[];
  subscribe: string[];
}

export interface UsersFile {
  users: IngressUser[];
}

/** 4 MB and about 10 ms on a small board: enough against a stolen file, little enough for a hundred sensors that come back at once. */
const COST = { N: 4096, r: 8, p: 1 };
const HASH_BYTES = 32;

export function hashPassword(password: string, salt = nodeCrypto().randomBytes(16)): { salt: string; hash: string } {
  return { salt: salt.toString('base64'), hash: nodeCrypto().scryptSync(password, salt, HASH_BYTES, COST).toString('base64') };
}

export function passwordMatches(user: Pick<IngressUser, 'salt' | 'hash'>, password: string): boolean {
  const want = Buffer.from(user.hash, 'base64');
  const { scryptSync, timingSafeEqual } = nodeCrypto();
  const have = scryptSync(password, Buffer.from(user.salt, 'base64'), HASH_BYTES, COST);
  return want.length === have.length && timingSafeEqual(want, have);
}

/** @returns users of the file's text; entries that are not whole are left out, so that a damaged file lets nobody in by accident */
export function parseUsers(text: string): IngressUser[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return []; // not whole: nobody is let in by it
  }
  const users = (file as { users?: unknown } | null)?.users;
  if (!Array.isArray(users)) return [];
  return users.filter((u): u is IngressUser => {
    const { name, salt, hash, publish, subscribe } = (u ?? {}) as Record<string, unknown>;
    const texts = (list: unknown) => Array.isArray(list) && list.every((t) => typeof t === 'string');
    return (
      typeof name === 'string' && name !== '' && typeof salt === 'string' && typeof hash === 'string' && texts(publish) && texts(subscribe)
    );
  });
}

/** A user put in, or replaced. Without a password the old one stays.
 *  @returns undefined when there is no password, old or new */
export function withUser(
  users: readonly IngressUser[],
  { name, password, publish, subscribe }: { name: string; password: string | undefined; publish: string[]; subscribe: string[] },
): IngressUser[] | undefined {
  const old = users.find((u) => u.name === name);
  const secret = password === undefined ? old && { salt: old.salt, hash: old.hash } : hashPassword(password);
  if (!secret) return undefined;
  const user: IngressUser = { name, ...secret, publish, subscribe };
  return old ? users.map((u) => (u === old ? user : u)) : [...users, user];
}

export const usersText = (users: readonly IngressUser[]): string => `${JSON.stringify({ users }, null, 2)}\n`;
