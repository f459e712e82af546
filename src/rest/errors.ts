// Errors to answers: `{"error":code,"message":"prefix: cause"}` as text/plain, status 404 only when the cause has code 1002.
import { catalogue } from '../base/errors/catalogue/index.ts';
import { isGatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Reply } from './reply.ts';

/** An error on its way to REST with eKuiper's prefix: `Delete rule error: rule X not found`. */
class Prefixed extends Error {
  readonly prefix: string;
  override readonly cause: unknown;
  constructor(prefix: string, cause: unknown) {
    super(`${prefix}: ${messageOf(cause)}`);
    this.prefix = prefix;
    this.cause = cause;
  }
}

/** Runs `work`; what it throws gets the prefix. Works for both kinds of work, plain and asynchronous. */
export function withPrefix<T>(prefix: string, work: () => T): T {
  const fail = (error: unknown): never => {
    throw new Prefixed(prefix, error);
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}

/** @returns the answer, and `internal: true` when the error is a fault of ours that must be logged with its stack */
export function errorReply(error: unknown): { reply: Reply; internal: boolean } {
  const cause = error instanceof Prefixed ? error.cause : error;
  const entry = isGatewayError(cause) ? catalogue[cause.code] : undefined;
  const internal = entry === undefined && !(cause instanceof Error && isExpected(cause));
  const status = entry?.httpStatus ?? (entry?.ekuiperCode === 1002 ? 404 : internal ? 500 : 400);
  const body = `${JSON.stringify({ error: entry?.ekuiperCode ?? 1000, message: messageOf(error) })}\n`;
  return { reply: { status, body, contentType: 'text/plain; charset=utf-8' }, internal };
}

/** Plain errors that components throw on purpose (a connector's or plugin's configure): refusals, not faults of ours. */
function isExpected(error: Error): boolean {
  // definitions in a text of a body, nested without end
  if (error instanceof RangeError && error.message.includes('call stack')) return true;
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError);
}
