// The two HTTP interfaces: where lines go, how the client says who it is, and what an answer means. Used by sink.ts and the probe.
import { GatewayError, ioError, rowError } from '../../base/errors/gateway-error.ts';
import type { HttpClient } from '../http-shared/client.ts';
import type { InfluxProps } from './options.ts';

export type Version = 1 | 2;

/** @throws Error when addr is no http address */
export function baseOf(addr: string): URL {
  const url = URL.canParse(addr) ? new URL(addr) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Error(`addr "${addr}" must begin with http:// or https://`);
  return url;
}

const at = (base: URL, path: string): URL => new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`);

export function writeUrl(version: Version, base: URL, p: InfluxProps, precision: string): string {
  const url = at(base, version === 1 ? '/write' : '/api/v2/write');
  const query =
    version === 1
      ? { db: p.database, ...(p.retentionPolicy ? { rp: p.retentionPolicy } : {}), precision: precision === 'us' ? 'u' : precision }
      : { org: p.org, bucket: p.bucket, precision };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

export function loginHeaders(version: Version, p: InfluxProps): Record<string, string> {
  if (version === 2) return p.token ? { authorization: `Token ${p.token}` } : {};
  return p.username ? { authorization: `Basic ${Buffer.from(`${p.username}:${p.password}`).toString('base64')}` } : {};
}

/** Both versions answer /ping, and so does VictoriaMetrics. @throws ioError, DESTINATION_REFUSED */
export async function ping(client: HttpClient, base: URL, p: InfluxProps, signal?: AbortSignal): Promise<void> {
  const response = await client.send({ method: 'get', url: at(base, '/ping').href, headers: {}, timeoutMs: p.timeoutMs }, signal);
  if (response.status >= 500) throw ioError(`${base.host} answers ${response.status} to /ping`);
}

/** Statuses that say that a line of the request is wrong; everything else says something about the server or the login, and waits.
 *  @source InfluxDB API: 400 malformed or conflicting lines (the others of the request are written), 413 too large, 422 outside of retention */
const WRONG_LINES: ReadonlySet<number> = new Set([400, 413, 422]);

/** @throws rowError when lines are wrong, ioError otherwise */
export function checkAnswer(status: number, body: Buffer, host: string): void {
  if (status >= 200 && status < 300) return;
  const text = `${host} answers ${status}: ${reasonIn(body)}`;
  throw WRONG_LINES.has(status) ? rowError(text) : ioError(text);
}

/** v1 `{"error":"…"}`, v2 `{"code":"…","message":"…"}`, else the text. */
function reasonIn(body: Buffer): string {
  const text = body.subarray(0, 1000).toString().trim();
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    return String(message ?? error ?? text);
  } catch {
    return text || 'no reason given'; // not JSON: the text itself is the reason
  }
}

/** The HTTP client's guard speaks by a plain error: with a code it can be told from a wrong row. */
export const withCode = (error: unknown): unknown =>
  error instanceof Error && /is in internal network/.test(error.message)
    ? new GatewayError('DESTINATION_REFUSED', { text: error.message }, { cause: error })
    : error;
