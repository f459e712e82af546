// What a fuzz target is: seeds, words that its language knows, and a function that takes any bytes. The function returns when the code under
// test did its duty (also by refusing in the way that its contract says) and throws when it did not. Listed in targets/index.ts.
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';

export type Run = (input: Uint8Array) => void | Promise<void>;

export interface Target {
  readonly name: string;
  /** One line for people: what is called with the bytes. */
  readonly doc: string;
  readonly seeds: readonly (string | Uint8Array)[];
  /** Words that are inserted whole. */
  readonly words?: readonly string[];
  /** Longest input, bytes. */
  readonly maxBytes: number;
  /** Files whose branches guide the search. */
  readonly files: RegExp;
  load(): Promise<Run>;
}

/** What the contract of most of our code allows: a coded error, or a plain `Error` with words. Anything else (TypeError, RangeError, a stack
 *  overflow, a non-error) is a fault. */
export function isRefusal(error: unknown): boolean {
  if (isGatewayError(error)) return true;
  return error instanceof Error && !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError);
}

/** Runs `work`; a refusal is fine. @returns what it gave, undefined after a refusal */
export function orRefuses<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/** As {@link orRefuses}, for code whose every error must carry a code. */
export function orRefusesCoded<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return undefined;
  }
}

export class FuzzFault extends Error {
  override readonly name = 'FuzzFault';
}

/** @throws FuzzFault when a promise of the code under test is broken */
export function hold(condition: boolean, text: string): void {
  if (!condition) throw new FuzzFault(text);
}

const decoder = new TextDecoder();
export const textOf = (input: Uint8Array): string => decoder.decode(input);
export const bytesOf = (seed: string | Uint8Array): Uint8Array => (typeof seed === 'string' ? new TextEncoder().encode(seed) : seed);
