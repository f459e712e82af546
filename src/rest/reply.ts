// What a route answers, without node:http, so that /batch/req and tests run routes in process. server.ts writes it out.
import { bigintAsNumber } from '../base/raw-json.ts';

/** An answer that goes on. */
export interface ReplyOut {
  write(text: string): void;
  /** The reader has not taken what was written: more would wait in memory. */
  behind(): boolean;
  end(): void;
  /** Once: the reader went away, or `end` was called. */
  onClose(listener: () => void): void;
}

export interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly contentType: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of a body: gets the open answer and writes to it until it ends. Not run for calls of a batch. */
  readonly stream?: (out: ReplyOut) => void;
  /** Runs after the answer has been sent (stop of the server). */
  readonly afterSent?: () => void;
}

const TEXT = 'text/plain; charset=utf-8';

export const text = (body: string, status = 200): Reply => ({ status, body, contentType: TEXT });
export const created = (body: string): Reply => text(body, 201);
export const empty = (status = 200): Reply => ({ status, body: '', contentType: undefined });
/** eKuiper's JSON answers end with a line break. */
export const json = (value: unknown, status = 200): Reply => ({ status, body: `${toJson(value)}\n`, contentType: 'application/json' });
/** JSON text that is ready. */
export const jsonText = (body: string): Reply => ({ status: 200, body, contentType: 'application/json' });
/** An event stream. */
export const events = (stream: (out: ReplyOut) => void): Reply => ({
  status: 200,
  body: '',
  contentType: 'text/event-stream',
  headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  stream,
});
export const attachment = (body: string, name: string): Reply => ({
  status: 200,
  body,
  contentType: 'application/octet-stream',
  headers: { 'Content-Disposition': `Attachment; filename=${name}` },
});

/** int64 values are bigint here and numbers in JSON, also beyond 2^53. */
function toJson(value: unknown): string {
  return JSON.stringify(value, bigintAsNumber);
}
