// The gateway itself: information, liveness, stop, settings at run time, several calls in one.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import type { Log } from '../../base/log.ts';
import { inOurSpelling, untaken } from '../../contract/untaken.ts';
import { configChanges, type ServerControl } from '../../service/index.ts';
import { batchCall } from '../bodies.ts';
import { dispatch } from '../dispatch.ts';
import { empty, json, type Reply, text } from '../reply.ts';
import { bodyJson, bodyObject } from '../request.ts';
import type { Route, Router } from '../router.ts';

/** Of one batch. */
const MAX_CALLS = 1000;
/** Calls between which others get their turn. */
const TURN = 10;

/** @param router of all routes, for /batch/req; asked at the call since it is built from these routes */
export function serverRoutes(server: ServerControl, router: () => Router, log: Log): Route[] {
  const info = (): Reply => ({ ...json(server.info()), contentType: undefined });
  const stop = (): Reply => ({ ...text('stop success'), afterSent: () => server.stop(0) });
  return [
    { method: 'GET', path: '/', handle: info },
    { method: 'POST', path: '/', handle: info },
    { method: 'GET', path: '/ping', handle: () => empty() },
    { method: 'GET', path: '/stop', handle: stop },
    { method: 'POST', path: '/stop', handle: stop },
    {
      method: 'PATCH',
      path: '/configs',
      handle(r) {
        server.configure(bodyObject(r, 'Invalid JSON', configChanges), r.told);
        return empty(204);
      },
    },
    {
      method: 'POST',
      path: '/batch/req',
      async handle(r) {
        const calls = bodyJson(r, 'Invalid body');
        if (!Array.isArray(calls))
          throw new GatewayError('REST_BODY', { what: 'Invalid body', problem: 'expected a list of {method, path, body}' });
        if (calls.length > MAX_CALLS)
          throw new GatewayError('REST_BODY', { what: 'Invalid body', problem: `${calls.length} calls: at most ${MAX_CALLS} in one` });
        const answers: unknown[] = [];
        for (const [n, given] of calls.entries()) {
          const call = isRecord(given) ? inOurSpelling(batchCall, given) : {};
          const { told } = untaken('Member', `call ${n}`, batchCall, isRecord(given) ? given : {});
          r.told.warnings.push(...told);
          // others get their turn
          if (n % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
          const path = String(call['path'] ?? '');
          if (path.split('?', 1)[0] === '/batch/req') {
            answers.push({ code: 400, error: 'a batch cannot hold a batch' });
            continue;
          }
          const body = new TextEncoder().encode(typeof call['body'] === 'string' ? call['body'] : '');
          const reply = await dispatch(
            router(),
            { method: String(call['method'] ?? 'GET').toUpperCase(), url: path, headers: r.headers, body },
            log,
          );
          const shown = typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body);
          // `error` is for calls that could not be made; what a call answered is its response, also when it refused
          answers.push({ code: reply.status, ...(shown !== '' && { response: shown }) });
        }
        return json(answers);
      },
    },
  ];
}
