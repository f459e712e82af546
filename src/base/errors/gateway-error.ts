// The one error class of the gateway. Every error that a user may see has a code of the catalogue; code compares `code`,
// never text and never `instanceof` (plugins bring their own realms). Next: catalogue/index.ts.
import { maskText } from '../secrets.ts';
import { catalogue, type ErrorCode } from './catalogue/index.ts';

/** Where an error happened, as far as known. Shown by status, logs and REST. */
export interface ErrorPlace {
  rule?: string;
  stream?: string;
  op?: string;
  file?: string;
  line?: number;
  [key: string]: string | number | undefined;
}

export interface ErrorOptions {
  where?: ErrorPlace;
  cause?: unknown;
  /** Appended to the message after a line break: caret lines, hints. */
  detail?: string;
}

export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly params: Readonly<Record<string, unknown>>;
  readonly where: ErrorPlace | undefined;
  override readonly name = 'GatewayError';

  constructor(code: ErrorCode, params: Record<string, unknown> = {}, options: ErrorOptions = {}) {
    const text = fill(catalogue[code].text, params);
    super(options.detail ? `${text}\n${options.detail}` : text, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.params = params;
    this.where = options.where;
  }

  /** True when the same operation may succeed later (a lost connection, a time-out). */
  get retriable(): boolean {
    return catalogue[this.code].retriable === true;
  }
}

/** Error of one row (expression, decode): cheap, without a stack, since a bad sensor can cause thousands a second.
 *  @param text eKuiper's text where recorded, e.g. `divided by zero` */
export function rowError(text: string, code: ErrorCode = 'EVAL_FAILED'): GatewayError {
  if (text.length > MAX_ROW_TEXT) return rowError(shortened(text), code);
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new GatewayError(code, { text });
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Texts of rows quote values, which a payload decides: status, logs and dead letters get so many characters of them. */
const MAX_ROW_TEXT = 4096;
const HEAD = 2048;
const TAIL = 1024;

const shortened = (text: string): string =>
  `${text.slice(0, HEAD).toWellFormed()} … (${text.length - HEAD - TAIL} characters left out) … ${text.slice(-TAIL).toWellFormed()}`;

/** A failure of input or output that may pass: the runtime retries it with backoff. */
export function ioError(text: string, cause?: unknown): GatewayError {
  return new GatewayError('IO_FAILED', { text }, { cause });
}

/** The peer is there and answered that it failed on this very item: tried again, and set aside when it takes others meanwhile. */
export function answeredError(text: string, cause?: unknown): GatewayError & { answered: true } {
  return Object.assign(ioError(text, cause), { answered: true as const });
}

export function isGatewayError(error: unknown): error is GatewayError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof (error as { code: unknown }).code === 'string' &&
    (error as { code: string }).code in catalogue
  );
}

/** True for errors after which the same write may be tried again. Plugins may throw any object with `retriable: true`. */
export function isRetriable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { retriable?: unknown }).retriable === true;
}

/** The text of anything that was thrown, for answers, statuses and logs: a peer's or plugin's error may quote the address with its login. */
export function messageOf(error: unknown): string {
  return maskText(textOf(error));
}

function textOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null && typeof (error as { message?: unknown }).message === 'string')
    return (error as { message: string }).message;
  return String(error);
}

function fill(text: string, params: Record<string, unknown>): string {
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => (key in params ? String(params[key]) : whole));
}
