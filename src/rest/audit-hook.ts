// Which calls of REST go into the audit log, and as what: each that changes something, and each that was denied, the latter once a minute for an address
// and reason with the number of those between. Used by server.ts.
import type { Clock } from '../base/clock.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import type { AuditEvent } from '../service/index.ts';

export interface AuditedCall {
  method: string;
  /** With the query. */
  url: string;
  who: string;
  from: string;
  body: Uint8Array;
  status: number;
  /** The caller was not let in, or may not do this. */
  denied: boolean;
}

export interface AuditHook {
  call(call: AuditedCall): void;
}

/** They only look, or answer a question. */
const READING = /^\/(rules\/validate|sql\/|ruletest|data\/export(?!\/ekuiper)|v2\/data\/export|ruleset\/export|streams?\/validate)/;
const DENIED_EVERY_MS = 60_000;
const MAX_KEPT = 1024;
/** Bodies that are longer are not looked into for a name. */
const MAX_LOOK_BYTES = 64 * 1024;

export function createAuditHook(record: (event: AuditEvent) => void, clock: Clock, readingPosts: ReadonlySet<string>): AuditHook {
  const denied = new Map<string, { atMs: number; more: number }>();
  return {
    call({ method, url, who, from, body, status, denied: isDenied }) {
      const path = url.split('?', 1)[0]!;
      if (isDenied) {
        const key = `${from} ${status}`;
        const known = denied.get(key);
        const nowMs = clock.monotonic();
        if (known && nowMs - known.atMs < DENIED_EVERY_MS) {
          known.more++;
          return;
        }
        denied.delete(key);
        denied.set(key, { atMs: nowMs, more: 0 });
        if (denied.size > MAX_KEPT) denied.delete(denied.keys().next().value!);
        const more = known?.more ? `; ${known.more} more since the last line` : '';
        record({ who, from, what: `${method} ${path}`, target: '', outcome: 'denied', detail: `${status}${more}` });
        return;
      }
      const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || READING.test(path) || readingPosts.has(path);
      if (reads && !(method === 'GET' && path === '/stop')) return;
      record({
        who,
        from,
        what: `${method} ${url}`,
        target: nameIn(body),
        outcome: status < 400 ? 'done' : 'refused',
        detail: `${status}${body.length > 0 ? ` sha256 ${nodeCrypto().createHash('sha256').update(body).digest('hex')}` : ''}`,
      });
    },
  };
}

/** What a body is about: `id`, `name`, or the beginning of a statement. */
function nameIn(body: Uint8Array): string {
  if (body.length === 0 || body.length > MAX_LOOK_BYTES) return '';
  try {
    const { id, name, sql, source } = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
    if (typeof id === 'string') return id;
    if (typeof name === 'string') return name;
    if (typeof sql === 'string') return /^\s*(\w+\s+(?:stream|table)\s+`?[\w-]+)/i.exec(sql)?.[1]?.replace(/\s+/g, ' ') ?? '';
    return typeof source === 'string' ? source : '';
  } catch {
    return ''; // no JSON, or none of an object: the answer said so
  }
}
