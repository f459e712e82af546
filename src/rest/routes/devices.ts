// GET /devices: ports and adapters of this machine, for forms and for `kuiper device list`. Ours; eKuiper has nothing like it.
import { json } from '../reply.ts';
import type { Route } from '../router.ts';

export function deviceRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/devices',
      async handle() {
        const { listDevices } = await import('../../service/devices/list-devices.ts');
        return json(listDevices());
      },
    },
  ];
}
