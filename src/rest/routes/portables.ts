// /plugins/portables: plugins in Python or Go, processes of their own. Texts are eKuiper's and differ from those of other plugins.
import type { Service } from '../../service/index.ts';
import { withPrefix } from '../errors.ts';
import { created, json, text } from '../reply.ts';
import type { Route } from '../router.ts';
import { requestOf } from './plugins.ts';

export function portableRoutes(portables: Service['portables']): Route[] {
  const base = '/plugins/portables';
  const bad = 'Invalid body: Error decoding the portable plugin json';
  return [
    { method: 'GET', path: base, handle: () => json(portables.list()) },
    {
      method: 'POST',
      path: base,
      async handle(r) {
        const request = requestOf(r, bad);
        await withPrefix('portable plugin create command error', () => portables.install(request));
        return created(`portable plugin ${request.name} is created`);
      },
    },
    {
      method: 'GET',
      path: `${base}/{name}`,
      handle: (r) => json(withPrefix(`describe portable plugin ${r.params['name']} error`, () => portables.describe(r.params['name']!))),
    },
    {
      method: 'PUT',
      path: `${base}/{name}`,
      async handle(r) {
        const request = { ...requestOf(r, bad), name: r.params['name']! };
        await withPrefix('portable plugin update command error', () => portables.replace(request));
        return text(`portable plugin ${request.name} is updated`);
      },
    },
    {
      method: 'DELETE',
      path: `${base}/{name}`,
      async handle(r) {
        const name = r.params['name']!;
        await withPrefix(`delete portable plugin ${name} error`, () => portables.remove(name));
        return text(`portable plugin ${name} is deleted`);
      },
    },
    {
      method: 'GET',
      path: `${base}/{name}/status`,
      handle: (r) => json(withPrefix(`portable plugin ${r.params['name']} not found`, () => portables.status(r.params['name']!))),
    },
  ];
}
