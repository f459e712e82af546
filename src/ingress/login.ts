// Who may come in: the owner with the device's password, users of the file; nobody without a password. Wrong passwords cost time, per address.
// Called by listener.ts; next files: users.ts, acl.ts.
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import { OWNER, type Rights, rightsOf } from './acl.ts';
import { type IngressUser, parseUsers, passwordMatches } from './users.ts';

export interface LoginOptions {
  clock: Clock;
  /** File with the password of the owner, `kuiper`; the first line. */
  ownerPasswordFile: string | undefined;
  usersFile: string | undefined;
}

export const OWNER_NAME = 'kuiper';
const MAX_PAUSE_MS = 8000;
const FORGET_MS = 600_000;
const MAX_ADDRESSES = 1000;

export type LoginAnswer = { user: string; rights: Rights } | { refused: string };

export class Login {
  readonly #options: LoginOptions;
  #users: readonly IngressUser[] = [];
  #ownerPassword: string | undefined;
  #stamp = '';
  /** Passwords that were right, so that the slow check is made once. */
  readonly #known = new Map<string, string>();
  readonly #key = nodeCrypto().randomBytes(32);
  readonly #wrong = new Map<string, { count: number; atMs: number }>();

  constructor(options: LoginOptions) {
    this.#options = options;
    this.reload();
  }

  /** Reads the files again when they changed. @returns users whose entry changed or went: their connections end */
  reload(): string[] {
    const { usersFile, ownerPasswordFile } = this.#options;
    const stamp = [usersFile, ownerPasswordFile].map((file) => (file === undefined ? '' : stampOf(file))).join('|');
    if (stamp === this.#stamp) return [];
    this.#stamp = stamp;
    const before = new Map(this.#users.map((u) => [u.name, JSON.stringify(u)]));
    const owner = this.#ownerPassword;
    this.#users = usersFile === undefined ? [] : parseUsers(textOf(usersFile) ?? '');
    this.#ownerPassword = ownerPasswordFile === undefined ? undefined : textOf(ownerPasswordFile)?.split('\n')[0]?.trim() || undefined;
    this.#known.clear();
    const now = new Map(this.#users.map((u) => [u.name, JSON.stringify(u)]));
    const changed = [...before].filter(([name, text]) => now.get(name) !== text).map(([name]) => name);
    if (owner !== undefined && owner !== this.#ownerPassword) changed.push(OWNER_NAME);
    return changed;
  }

  get userCount(): number {
    return this.#users.length;
  }

  async check(name: string | undefined, password: Buffer | undefined, clientId: string, address: string): Promise<LoginAnswer> {
    const { clock } = this.#options;
    const nowMs = clock.monotonic();
    const before = this.#wrong.get(address);
    if (before && nowMs - before.atMs < FORGET_MS && before.count > 2)
      await clock.sleep(Math.min(MAX_PAUSE_MS, 250 * 2 ** Math.min(before.count - 3, 5)));
    const answer = this.#look(name, password?.toString('utf8'), clientId);
    if ('refused' in answer) {
      if (this.#wrong.size >= MAX_ADDRESSES) this.#wrong.delete(this.#wrong.keys().next().value!);
      this.#wrong.set(address, { count: (before && nowMs - before.atMs < FORGET_MS ? before.count : 0) + 1, atMs: clock.monotonic() });
    } else this.#wrong.delete(address);
    return answer;
  }

  #look(name: string | undefined, password: string | undefined, clientId: string): LoginAnswer {
    if (name === undefined || password === undefined || password === '')
      return { refused: 'no user and password; anonymous clients are not taken' };
    const sign = nodeCrypto().createHmac('sha256', this.#key).update(name).update('\0').update(password).digest('base64');
    if (name === OWNER_NAME) {
      const want =
        this.#ownerPassword === undefined
          ? undefined
          : nodeCrypto().createHmac('sha256', this.#key).update(name).update('\0').update(this.#ownerPassword).digest('base64');
      return want !== undefined && want === sign ? { user: name, rights: OWNER } : { refused: 'wrong user or password' };
    }
    const user = this.#users.find((u) => u.name === name);
    if (!user) return { refused: 'wrong user or password' };
    if (this.#known.get(name) !== sign) {
      if (!passwordMatches(user, password)) return { refused: 'wrong user or password' };
      this.#known.set(name, sign);
    }
    return { user: name, rights: rightsOf(user, clientId) };
  }
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs}/${size}/${ino}`;
  } catch {
    return ''; // not there: as good as empty
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // not there or not readable: nobody of it comes in
  }
}
