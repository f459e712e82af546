// UUIDs of version 1 (RFC 9562 §5.1) from the clock and the random source of the rule. Not a function itself.
import type { FunctionEnv } from '../../../contract/function.ts';

/** 100 ns steps from 1582-10-15 to 1970-01-01. Source: RFC 9562 §5.1. */
const GREGORIAN_OFFSET = 0x01b2_1dd2_1381_4000n;
const STEPS_PER_MS = 10_000n;

/** @returns a generator whose times never repeat; node and clock sequence are random, with the multicast bit set */
export function createUuidV1(env: Pick<FunctionEnv, 'clock' | 'random'>): () => string {
  const node = (randomBits(env, 24) | 0x01_0000).toString(16).padStart(6, '0') + hex(randomBits(env, 24), 6);
  const sequence = hex(0x8000 | randomBits(env, 14), 4);
  let last = 0n;
  return () => {
    const now = BigInt(Math.trunc(env.clock.now())) * STEPS_PER_MS + GREGORIAN_OFFSET;
    last = now > last ? now : last + 1n;
    const time = last.toString(16).padStart(15, '0');
    return `${time.slice(7)}-${time.slice(3, 7)}-1${time.slice(0, 3)}-${sequence}-${node}`;
  };
}

const randomBits = (env: Pick<FunctionEnv, 'random'>, bits: number): number => Math.floor(env.random() * 2 ** bits);
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
