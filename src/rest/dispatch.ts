// One REST call from method and path to answer, without sockets: used by server.ts and by /batch/req.
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
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

/** No definition comes near it; parsers and printers call themselves once per level. */
const MAX_DEPTH = 500;

/** Of JSON: braces and brackets outside of texts. Other formats are not judged by it. */
function isTooDeep(body: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < body.length; i++) {
    const c = body[i];
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (i === 0 && c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return false;
  }
  return false;
}

/** Never throws: faults become an answer and a log line. */
export async function dispatch(router: Router, call: Call, log: Log): Promise<Reply> {
  const mark = call.url.indexOf('?');
  const path = mark < 0 ? call.url : call.url.slice(0, mark);
  const match = router.match(call.method, path);
  if (match === 'no-path') return text('404 page not found\n', 404);
  if (match === 'no-method') return empty(405);
  if (isTooDeep(call.body)) {
    const problem = `the body is nested deeper than ${MAX_DEPTH} levels`;
    return errorReply(new GatewayError('REST_BODY', { what: 'Invalid body', problem })).reply;
  }
  const request: RestRequest = {
    method: call.method,
    path,
    params: match.params,
    query: new URLSearchParams(mark < 0 ? '' : call.url.slice(mark + 1)),
    headers: call.headers,
    body: call.body,
  };
  try {
    return await match.route.handle(request);
  } catch (error) {
    const { reply, internal } = errorReply(error);
    if (internal)
      log.error(
        { code: 'REST_FAULT', path, method: call.method, error, stack: (error as Error)?.stack },
        'A REST call failed by a fault of the gateway.',
      );
    return reply;
  }
}
