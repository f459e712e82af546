// Credentials that no longer count, though their key or line still stands in etc/mgmt: by token id (`jti`), by subject (`sub`), by name of a line in
// etc/mgmt/tokens. Kept in data/mgmt/revoked.json; lines by hand in etc/mgmt/revoked count as well. Changed over REST (/auth/revocations).
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurablyAsync } from '../base/durable-file.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { TokenClaims } from './jwt.ts';

export const revocationKinds = ['jti', 'sub', 'token'] as const;
export type RevocationKind = (typeof revocationKinds)[number];

export interface Revocation {
  kind: RevocationKind;
  value: string;
  /** When it was revoked, epoch ms. */
  atMs: number;
}

export interface Revocations {
  list(): readonly Revocation[];
  /** @throws GatewayError SERVICE_REFUSED when it cannot be stored; nothing is changed then */
  add(kind: RevocationKind, value: string): Promise<void>;
  /** @returns false when it was not revoked here */
  remove(kind: RevocationKind, value: string): Promise<boolean>;
  isRevoked(claims: TokenClaims): boolean;
  isTokenRevoked(name: string): boolean;
  /** SIGHUP. @throws GatewayError CONFIG_VALUE, CONFIG_FILE */
  reload(): void;
}

const MAX_ENTRIES = 10_000;

/** @throws GatewayError CONFIG_VALUE naming the line, CONFIG_FILE */
export function openRevocations(etcMgmt: string, dataMgmt: string, now: () => number): Revocations {
  const file = join(dataMgmt, 'revoked.json');
  const byHand = join(etcMgmt, 'revoked');
  let stored: Revocation[] = [];
  let written: Revocation[] = [];
  let index = new Set<string>();
  const keyOf = (kind: string, value: string) => `${kind}:${value}`;
  const reindex = () => {
    index = new Set([...stored, ...written].map((r) => keyOf(r.kind, r.value)));
  };
  const reload = () => {
    stored = readStored(file);
    written = readByHand(byHand);
    reindex();
  };
  const store = async (next: Revocation[]) => {
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
      await writeDurablyAsync(file, `${JSON.stringify(next)}\n`);
    } catch (error) {
      throw new GatewayError('SERVICE_REFUSED', { text: `the revocation cannot be stored: ${messageOf(error)}` }, { cause: error });
    }
    stored = next;
    reindex();
  };
  reload();
  return {
    list: () => [...stored, ...written],
    reload,
    async add(kind, value) {
      if (stored.some((r) => r.kind === kind && r.value === value)) return;
      if (stored.length >= MAX_ENTRIES)
        throw new GatewayError('SERVICE_REFUSED', { text: `${MAX_ENTRIES} revocations are kept: replace the key in etc/mgmt instead` });
      await store([...stored, { kind, value, atMs: now() }]);
    },
    async remove(kind, value) {
      const next = stored.filter((r) => r.kind !== kind || r.value !== value);
      if (next.length === stored.length) return false;
      await store(next);
      return true;
    },
    isRevoked: ({ jti, sub }) => (jti !== undefined && index.has(keyOf('jti', jti))) || (sub !== undefined && index.has(keyOf('sub', sub))),
    isTokenRevoked: (name) => index.has(keyOf('token', name)),
  };
}

function readStored(file: string): Revocation[] {
  const text = readOptional(file);
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // who was shut out must not come back because a file is damaged
    throw new GatewayError('CONFIG_FILE', { file, reason: messageOf(error) }, { cause: error });
  }
  const ok = (r: unknown): r is Revocation =>
    typeof r === 'object' && r !== null && revocationKinds.includes((r as Revocation).kind) && typeof (r as Revocation).value === 'string';
  if (!Array.isArray(value) || !value.every(ok)) throw new GatewayError('CONFIG_FILE', { file, reason: 'no list of revocations' });
  return value;
}

/** Lines `jti VALUE`, `sub VALUE`, `token NAME`. */
function readByHand(file: string): Revocation[] {
  const out: Revocation[] = [];
  for (const [i, raw] of (readOptional(file) ?? '').split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, kind = '', value = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (!(revocationKinds as readonly string[]).includes(kind))
      throw new GatewayError('CONFIG_VALUE', { place: `${file}:${i + 1}`, key: line, problem: 'expected jti, sub or token and a value' });
    out.push({ kind: kind as RevocationKind, value, atMs: 0 });
  }
  return out;
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GatewayError('CONFIG_FILE', { file, reason: messageOf(error) }, { cause: error });
  }
}
