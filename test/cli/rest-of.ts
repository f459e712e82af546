// REST of a service made by make-service, on a port of its own and without credentials: what the command line of a test talks to.
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { openRestServer, type RestServer } from '../../src/rest/server.ts';
import type { makeService } from '../service/make-service.ts';

export const restOf = (made: Awaited<ReturnType<typeof makeService>>): Promise<RestServer> =>
  openRestServer({
    ip: '127.0.0.1',
    port: 0,
    tls: undefined,
    router: Promise.resolve(made.router),
    clock: createRealClock(),
    log: createMemoryLog().log,
    credentials: () => undefined,
    allowedHosts: () => [],
    auditLog: () => false,
  });
