// /services: external services, whose methods are functions of SQL. Texts are eKuiper's.
import { checkName, type Service } from '../../service/index.ts';
import { serviceBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { created, json, text } from '../reply.ts';
import { bodyObject, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function serviceRoutes(services: Service['externalServices']): Route[] {
  const bad = 'Invalid body: Error decoding the service request payload';
  const nameOf = (r: RestRequest) => checkName(r.params['name'] ?? '');
  return [
    { method: 'GET', path: '/services', handle: () => json(services.list()) },
    {
      method: 'POST',
      path: '/services',
      async handle(r) {
        const body = bodyObject(r, bad, serviceBody);
        const name = checkName(textMember(body, 'name', bad));
        await withPrefix('service create command error', () => services.create(name, textMember(body, 'file', bad)));
        return created(`service ${name} is created`);
      },
    },
    { method: 'GET', path: '/services/functions', handle: () => json(services.listFunctions()) },
    {
      method: 'GET',
      path: '/services/functions/{name}',
      handle(r) {
        const name = nameOf(r);
        return json(withPrefix(`describe function ${name} error`, () => services.describeFunction(name)));
      },
    },
    {
      method: 'GET',
      path: '/services/{name}',
      handle(r) {
        const name = nameOf(r);
        return json(withPrefix(`describe service ${name} error`, () => services.describe(name)));
      },
    },
    {
      method: 'PUT',
      path: '/services/{name}',
      async handle(r) {
        const name = nameOf(r);
        const body = bodyObject(r, bad, serviceBody);
        await withPrefix('service update command error', () => services.replace(name, textMember(body, 'file', bad)));
        return text(`service ${name} is updated`);
      },
    },
    {
      method: 'DELETE',
      path: '/services/{name}',
      handle(r) {
        const name = nameOf(r);
        withPrefix(`delete service ${name} error`, () => services.remove(name));
        return text(`service ${name} is deleted`);
      },
    },
  ];
}
