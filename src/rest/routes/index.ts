// All routes of REST. A new resource is one file here and one line below.
import type { Log } from '../../base/log.ts';
import type { ServerControl, Service } from '../../service/index.ts';
import { createRouter, type Router } from '../router.ts';
import { connectionRoutes } from './connections.ts';
import { ruleTagRoutes } from './rule-tags.ts';
import { ruleRoutes } from './rules.ts';
import { serverRoutes } from './server.ts';
import { streamRoutes } from './streams.ts';

export function createRestRouter(service: Service, server: ServerControl, log: Log): Router {
  const router = createRouter([
    ...serverRoutes(server, () => router, log),
    ...streamRoutes(service.streams),
    ...ruleRoutes(service.rules),
    ...ruleTagRoutes(service.rules),
    ...connectionRoutes(service.connections),
  ]);
  return router;
}
