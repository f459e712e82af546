// GET /rules/{name}/translate: a rule as SQL of an engine of the data centre. Ours; eKuiper has nothing like it.
import type { Service } from '../../service/index.ts';
import { json } from '../reply.ts';
import type { Route } from '../router.ts';

export function translateRoutes({ translate }: Pick<Service, 'translate'>): Route[] {
  return [
    {
      method: 'GET',
      path: '/rules/{name}/translate',
      handle: async ({ params, query }) => json(await translate(params['name']!, query.get('to') ?? '')),
    },
  ];
}
