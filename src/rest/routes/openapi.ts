// GET /openapi.json: REST described as OpenAPI 3.1. Made when it is asked for: the code and the connectors' options are loaded then. Next: openapi/document.ts.
import type { ConnectorEntry } from '../../contract/connector.ts';
import { json } from '../reply.ts';
import type { Route, Router } from '../router.ts';

export interface OpenApiDeps {
  version(): string;
  connectors(): readonly ConnectorEntry[];
  /** Of all routes; asked at the call since it is built from this one too. */
  router(): Router;
}

export function openApiRoutes({ version, connectors, router }: OpenApiDeps): Route[] {
  return [
    {
      method: 'GET',
      path: '/openapi.json',
      async handle() {
        const { openApiDocument } = await import('../openapi/document.ts');
        const definitions = await Promise.all(connectors().map((c) => c.load()));
        return json(openApiDocument({ version: version(), routes: router().routes, connectors: definitions }));
      },
    },
  ];
}
