// GET /devices: serial ports of this machine, and the devices behind the sources that are read now, with their state. Ours; eKuiper has nothing like it.
import type { Service } from '../../service/index.ts';
import { json } from '../reply.ts';
import type { Route } from '../router.ts';

export function deviceRoutes(service: Pick<Service, 'devices'>): Route[] {
  return [
    {
      method: 'GET',
      path: '/devices',
      async handle() {
        return json(await service.devices());
      },
    },
  ];
}
