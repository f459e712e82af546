// /network: changes of the device's network that take themselves back unless they are confirmed. Ours; eKuiper has nothing like it.
import type { NetworkChanges } from '../../service/index.ts';
import { networkBody } from '../bodies.ts';
import { json } from '../reply.ts';
import { bodyObject } from '../request.ts';
import type { Route } from '../router.ts';

export function networkRoutes(network: NetworkChanges): Route[] {
  return [
    { method: 'GET', path: '/network', handle: () => json(network.status()) },
    {
      method: 'PUT',
      path: '/network',
      handle(r) {
        const body = bodyObject(r, 'Invalid body', networkBody);
        return json({ id: network.request(body, 'rest') });
      },
    },
    ...(['confirm', 'revert'] as const).map((verb) => ({
      method: 'POST' as const,
      path: `/network/{id}/${verb}`,
      handle(r: { params: Readonly<Record<string, string>> }) {
        network.answer(r.params['id']!, verb);
        return json(network.status());
      },
    })),
  ];
}
