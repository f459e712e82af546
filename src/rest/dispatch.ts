// One REST call from method and path to answer, without sockets: used by server.ts and by /batch/req.
import { GatewayError } from '../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../base/json-depth.ts';
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
