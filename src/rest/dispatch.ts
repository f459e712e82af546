// One REST call from method and path to answer, without sockets: used by server.ts and by /batch/req.
import { GatewayError } from '../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../base/json-depth.ts';
import type { Log } from '../base/log.ts';
import { newTold, settle, type Told } from '../contract/told.ts';
import { errorReply } from './errors.ts';
import { empty, type Reply, text } from './reply.ts';
import type { RestRequest } from './request.ts';
import type { Router } from './router.ts';

export interface Call {
  method: string;
  /** Path with query, as in the request line. */
  url: string;
  headers: RestRequest['headers'];
  body: Uint8Array;
}

/** Asks for a refusal of whatever would have no effect. */
export const STRICT_HEADER = 'kuiper-strict';
/** What of the call has no effect, as a JSON list of sentences: eKuiper's answers have no place for it. */
export const WARNINGS_HEADER = 'Kuiper-Warnings';
/** Proxies and clients refuse longer headers. */
const MAX_WARNINGS_CHARS = 4000;

function withWarnings(reply: Reply, { warnings }: Told): Reply {
  if (warnings.length === 0) return reply;
  const shown: string[] = [];
  let size = 0;
  for (const w of new Set(warnings)) {
    size += w.length;
    if (size > MAX_WARNINGS_CHARS) {
      shown.push('There is more; kuiper gethealth lists all of it.');
      break;
    }
    shown.push(w);
  }
  // headers hold ASCII only
  const value = JSON.stringify(shown).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return { ...reply, headers: { ...reply.headers, [WARNINGS_HEADER]: value } };
}

/** Never throws: faults become an answer and a log line. */
export async function dispatch(router: Router, call: Call, log: Log): Promise<Reply> {
  const mark = call.url.indexOf('?');
  const path = mark < 0 ? call.url : call.url.slice(0, mark);
  const match = router.match(call.method, path);
  if (match === 'no-path') return text('404 page not found\n', 404);
  if (match === 'no-method') return empty(405);
  if (isTooDeep(call.body)) return errorReply(new GatewayError('REST_BODY', { what: 'Invalid body', problem: TOO_DEEP })).reply;
  const request: RestRequest = {
    method: call.method,
    path,
    params: match.params,
    query: new URLSearchParams(mark < 0 ? '' : call.url.slice(mark + 1)),
    headers: call.headers,
    body: call.body,
    told: newTold(router.strict() || /^(1|true)$/i.test(call.headers[STRICT_HEADER] ?? '')),
  };
  try {
    if (request.query.size > 0) {
      const { queryTold } = await import('./openapi/query-told.ts');
      request.told.warnings.push(...queryTold(`${call.method} ${match.route.path}`, request.query));
      settle(request.told);
    }
    return withWarnings(await match.route.handle(request), request.told);
  } catch (error) {
    const { reply, internal } = errorReply(error);
    if (internal)
      log.error(
        { code: 'REST_FAULT', path, method: call.method, error, stack: (error as Error)?.stack },
        'A REST call failed by a fault of the gateway.',
      );
    // what is missing may be there under another name
    return request.told.strict ? reply : withWarnings(reply, request.told);
  }
}
