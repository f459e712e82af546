// /connections: named connections.

import { GatewayError } from '../../base/errors/gateway-error.ts';
import { inOurSpelling } from '../../contract/untaken.ts';
import type { ConnectionStore } from '../../service/index.ts';
import { checkName, parseKeepingIntegers } from '../../service/index.ts';
import { connectionBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { created, json, text } from '../reply.ts';
import { bodyObject, bodyText, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function connectionRoutes(connections: ConnectionStore): Route[] {
  const read = (r: RestRequest) => {
    const body = bodyObject(r, 'Invalid body', connectionBody);
    // integers of any size stay as they were written
    const props = inOurSpelling(connectionBody, parseKeepingIntegers(bodyText(r)) as Record<string, unknown>)['props'] ?? {};
    if (typeof props !== 'object' || Array.isArray(props))
      throw new GatewayError('REST_BODY', { what: 'Invalid body', problem: 'props: expected an object' });
    return {
      id: textMember(body, 'id', 'Invalid body'),
      typ: textMember(body, 'typ', 'Invalid body'),
      props: props as Record<string, unknown>,
    };
  };
  return [
    { method: 'GET', path: '/connections', handle: () => json(connections.list()) },
    {
      method: 'POST',
      path: '/connections',
      async handle(r) {
        const { id, typ, props } = read(r);
        checkName(id);
        await withPrefix('create connection failed', () => connections.create(id, typ, props, r.told));
        return created('success');
      },
    },
    { method: 'GET', path: '/connections/{id}', handle: (r) => json(connections.info(r.params['id']!)) },
    {
      method: 'PUT',
      path: '/connections/{id}',
      async handle(r) {
        const { typ, props } = read(r);
        await withPrefix('update connection failed', () => connections.replace(r.params['id']!, typ, props, r.told));
        return text('success');
      },
    },
    {
      method: 'DELETE',
      path: '/connections/{id}',
      async handle(r) {
        await withPrefix('drop connection failed', () => connections.delete(r.params['id']!));
        return text('success');
      },
    },
  ];
}
