// /secrets: secrets with a name, for `${secret:name}` in properties. Set and listed, never given back.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Service } from '../../service/index.ts';
import { secretBody } from '../bodies.ts';
import { json, text } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function secretRoutes(service: Service): Route[] {
  const { secrets } = service;
  return [
    { method: 'GET', path: '/secrets', handle: () => json(secrets.list()) },
    {
      method: 'PUT',
      path: '/secrets/{name}',
      async handle(r) {
        const what = 'Invalid body';
        const value = textMember(bodyObject(r, what, secretBody), 'value', what);
        if (value === '') throw new GatewayError('REST_BODY', { what, problem: 'value: expected a text that is not empty' });
        await secrets.set(r.params['name']!, value);
        return text(`Secret ${r.params['name']!} is set.`);
      },
    },
    {
      method: 'DELETE',
      path: '/secrets/{name}',
      async handle(r) {
        await secrets.remove(r.params['name']!);
        return text(`Secret ${r.params['name']!} is removed.`);
      },
    },
    {
      method: 'POST',
      path: '/secrets/rekey',
      async handle() {
        const sealed = await service.rekey();
        return text(`A new key is in effect; ${sealed} entries were sealed with it.`);
      },
    },
  ];
}
