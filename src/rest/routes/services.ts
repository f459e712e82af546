// /services: external services. They are not part of this version: lists are empty, a request is checked as far as its archive and then refused
// with that reason.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { checkName, type Downloader } from '../../service/index.ts';
import { serviceBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { json } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function serviceRoutes(download: Downloader): Route[] {
  const bad = 'Invalid body: Error decoding the service request payload';
  const notFound = (text: string): never => {
    throw new GatewayError('SERVICE_NOT_FOUND', { text });
  };
  const missing = (what: string) => () => {
    throw new GatewayError('SERVICE_MISSING', { what });
  };
  return [
    { method: 'GET', path: '/services', handle: () => json([]) },
    {
      method: 'POST',
      path: '/services',
      async handle(r) {
        const body = bodyObject(r, bad, serviceBody);
        checkName(textMember(body, 'name', bad));
        return withPrefix('service create command error', async () => {
          await download.read(textMember(body, 'file', bad));
          return missing('external services')();
        });
      },
    },
    { method: 'GET', path: '/services/functions', handle: () => json([]) },
    {
      method: 'GET',
      path: '/services/functions/{name}',
      handle: (r) => notFound(`describe function ${r.params['name']} error: not found`),
    },
    { method: 'GET', path: '/services/{name}', handle: (r) => notFound(`describe service ${r.params['name']} error: not found`) },
    { method: 'PUT', path: '/services/{name}', handle: (r) => notFound(`service update command error: ${r.params['name']} is not found`) },
    {
      method: 'DELETE',
      path: '/services/{name}',
      handle: (r) => notFound(`delete service ${r.params['name']} error: ${r.params['name']} is not found`),
    },
  ];
}
