// Slows guessing: wrong tokens of one address use up a small allowance that grows again by one a second; when it is used up, tokens of that address are
// not looked at until it has grown. A token that was right before is let in at any time, and a right one waits a second or two at most once the
// guessing ends. The table is bounded. Called by rest/server.ts, the data server and the metrics server.
import type { Clock } from '../base/clock.ts';
import { addressKey } from '../base/http-gate.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import type { Credentials, Verdict } from './credentials.ts';

/** Wrong tokens in a row before guessing is slowed. */
const ALLOWANCE = 10;
const GROWS_EVERY_MS = 1000;
const MAX_ADDRESSES = 4096;
/** Tokens that were right. */
const MAX_REMEMBERED = 256;

export interface TokenBackoff {
  /** As Credentials.check; `waitS` when the address has to wait. */
  check(credentials: Credentials, authorization: string | undefined, remoteAddress: string): Verdict | { refused: string; waitS: number };
  /** For tests and health: addresses that are remembered. */
  readonly addresses: number;
}

export function createTokenBackoff(clock: Clock): TokenBackoff {
  const left = new Map<string, { allowance: number; atMs: number }>();
  const right = new Set<string>();
  const seen = (authorization: string) => nodeCrypto().createHash('sha256').update(authorization).digest('base64');

  const allowanceOf = (address: string): { allowance: number; atMs: number } => {
    const nowMs = clock.monotonic();
    const known = left.get(address);
    if (!known) return { allowance: ALLOWANCE, atMs: nowMs };
    const grown = Math.floor((nowMs - known.atMs) / GROWS_EVERY_MS);
    return { allowance: Math.min(ALLOWANCE, known.allowance + grown), atMs: known.atMs + grown * GROWS_EVERY_MS };
  };

  return {
    check(credentials, authorization, remoteAddress) {
      const given = (authorization ?? '').trim();
      if (given === '') return credentials.check(authorization, clock.now());
      const address = addressKey(remoteAddress);
      const now = allowanceOf(address);
      const mark = seen(given);
      if (now.allowance <= 0 && !right.has(mark)) return { refused: 'too many wrong tokens; try again in a second', waitS: 1 };
      const verdict = credentials.check(authorization, clock.now());
      if ('refused' in verdict) {
        right.delete(mark);
        left.delete(address);
        left.set(address, { allowance: now.allowance - 1, atMs: now.atMs });
        if (left.size > MAX_ADDRESSES) left.delete(left.keys().next().value!);
        return verdict;
      }
      right.delete(mark);
      right.add(mark);
      if (right.size > MAX_REMEMBERED) right.delete(right.values().next().value!);
      return verdict;
    },
    get addresses() {
      return left.size;
    },
  };
}
