// What a route answers, without node:http, so that /batch/req and tests run routes in process. server.ts writes it out.
import { bigintAsNumber } from '../base/raw-json.ts';

export interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly contentType: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
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
