// Updates of the appliance's system over REST: what runs, install from an address, confirm, go back. Ours; eKuiper has nothing like it. For the role
// admin only. Elsewhere than on the appliance every call but GET is UPDATE_NO_DEVICE.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { wrongValues } from '../../contract/props.ts';
import type { UpdateInstaller, UpdateStatus } from '../../system/update/installer.ts';
import { readStatus } from '../../system/update/status-file.ts';
import { updateBody } from '../bodies.ts';
import { json, text } from '../reply.ts';
import { bodyObject } from '../request.ts';
import type { Route } from '../router.ts';

export interface SystemUpdate {
  readonly installer: UpdateInstaller;
  /** Without waking the updater. Undefined where there is none. */
  read(): UpdateStatus | undefined;
}

/** @param update loaded when it is asked for */
export function systemUpdateRoutes(update: () => Promise<SystemUpdate>): Route[] {
  const what = 'Invalid body';
  const BY = 'rest';
  return [
    {
      method: 'GET',
      path: '/system/update',
      async handle() {
        const status = (await update()).read();
        if (!status) throw new GatewayError('UPDATE_NO_DEVICE', { problem: 'it is no appliance' });
        return json(status);
      },
    },
    {
      method: 'POST',
      path: '/system/update',
      async handle(request) {
        const body = bodyObject(request, what, updateBody);
        const wrong = wrongValues(updateBody, body);
        if (wrong.length > 0) throw new GatewayError('REST_BODY', { what, problem: wrong.join('; ') });
        const { url, usb, sha256, restart, allowDowngrade } = body;
        if ((url === undefined) === (usb !== true))
          throw new GatewayError('REST_BODY', { what, problem: 'expected either "url" or "usb": true' });
        const { installer } = await update();
        const options = {
          by: BY,
          ...(sha256 === undefined ? {} : { sha256: String(sha256) }),
          ...(restart === undefined ? {} : { restart: restart as 'now' | 'window' | 'asked' }),
          ...(allowDowngrade === true ? { allowDowngrade: true } : {}),
        };
        return json(await installer.install(usb === true ? { usb } : { url: String(url) }, options));
      },
    },
    {
      method: 'POST',
      path: '/system/update/confirm',
      async handle() {
        await (await update()).installer.confirm(BY);
        return text('The version that runs is confirmed.');
      },
    },
    {
      method: 'POST',
      path: '/system/update/restart',
      async handle() {
        await (await update()).installer.restart();
        return text('The device restarts into the new version.');
      },
    },
    {
      method: 'POST',
      path: '/system/update/rollback',
      async handle() {
        await (await update()).installer.rollback(BY);
        return text('The device goes back to the previous version.');
      },
    },
  ];
}

/** What the gateway uses. */
export async function deviceUpdate(): Promise<SystemUpdate> {
  const { createUpdateClient } = await import('../../system/update/client.ts');
  return { installer: createUpdateClient(), read: () => readStatus() };
}
