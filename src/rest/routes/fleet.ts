// /fleet: what this gateway is for a fleet, and a look at its servers now. Ours; eKuiper has nothing like it.
import type { FleetStatus } from '../../fleet/index.ts';
import { json } from '../reply.ts';
import type { Route } from '../router.ts';

export interface FleetAccess {
  /** Undefined: nothing of a fleet is set up. */
  status(): FleetStatus | undefined;
  poke(): Promise<void>;
}

export function fleetRoutes(fleet: FleetAccess | undefined): Route[] {
  return [
    { method: 'GET', path: '/fleet', handle: () => json(fleet?.status() ?? null) },
    {
      method: 'POST',
      path: '/fleet/poll',
      async handle() {
        await fleet?.poke();
        return json(fleet?.status() ?? null);
      },
    },
  ];
}
