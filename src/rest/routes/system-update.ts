// Updates of the appliance's system over REST: what runs, install from an address, confirm, go back. Ours; eKuiper has nothing like it. For the role
// admin only. Elsewhere than on the appliance every call but GET is UPDATE_NO_DEVICE.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { wrongValues } from '../../contract/props.ts';
import type { BundleUpload } from '../../system/update/bundle-upload.ts';
import type { UpdateInstaller, UpdateStatus } from '../../system/update/installer.ts';
import { readStatus } from '../../system/update/status-file.ts';
import { bundlePartBody, bundleUploadBody, updateBody } from '../bodies.ts';
import { empty, json, text } from '../reply.ts';
import { bodyObject, type RestRequest } from '../request.ts';
import type { Route } from '../router.ts';

export interface SystemUpdate {
  readonly installer: UpdateInstaller;
  /** Without waking the updater. Undefined where there is none. */
  read(): UpdateStatus | undefined;
}

/** @param update loaded when it is asked for  @param upload likewise; undefined where nothing is kept */
export function systemUpdateRoutes(update: () => Promise<SystemUpdate>, upload?: () => Promise<BundleUpload>): Route[] {
  const bundle = async (): Promise<BundleUpload> => {
    // elsewhere than on the appliance nobody would take it
    if (!(await update()).read() || !upload) throw new GatewayError('UPDATE_NO_DEVICE', { problem: 'it is no appliance' });
    return upload();
  };
  const checked = (request: RestRequest, members: Parameters<typeof wrongValues>[0]) => {
    const body = bodyObject(request, what, members);
    const absent = members.filter((m) => m.required && body[m.name] === undefined).map((m) => `"${m.name}" is missing`);
    const wrong = [...absent, ...wrongValues(members, body)];
    if (wrong.length > 0) throw new GatewayError('REST_BODY', { what, problem: wrong.join('; ') });
    return body;
  };
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
        const { url, usb, upload: sent, sha256, restart, allowDowngrade } = checked(request, updateBody);
        if (Number(url !== undefined) + Number(usb === true) + Number(sent === true) !== 1)
          throw new GatewayError('REST_BODY', { what, problem: 'expected one of "url", "usb": true and "upload": true' });
        const { installer } = await update();
        const options = {
          by: BY,
          ...(sha256 === undefined ? {} : { sha256: String(sha256) }),
          ...(restart === undefined ? {} : { restart: restart as 'now' | 'window' | 'asked' }),
          ...(allowDowngrade === true ? { allowDowngrade: true } : {}),
        };
        if (sent !== true) return json(await installer.install(usb === true ? { usb } : { url: String(url) }, options));
        const { file, bytes, remove } = await bundle();
        if (bytes() === 0) throw new GatewayError('REST_BODY', { what, problem: 'no bundle was sent to /system/update/upload' });
        try {
          return json(await installer.install({ file }, options));
        } finally {
          remove();
        }
      },
    },
    {
      method: 'GET',
      path: '/system/update/upload',
      handle: async () => json({ bytes: (await bundle()).bytes() }),
    },
    {
      method: 'POST',
      path: '/system/update/upload',
      async handle(request) {
        const { bytes } = checked(request, bundleUploadBody);
        (await bundle()).begin(Number(bytes));
        return json({ bytes: 0 });
      },
    },
    {
      method: 'PUT',
      path: '/system/update/upload',
      async handle(request) {
        const { at, base64 } = checked(request, bundlePartBody);
        return json({ bytes: (await bundle()).add(Number(at), Buffer.from(String(base64), 'base64')) });
      },
    },
    {
      method: 'DELETE',
      path: '/system/update/upload',
      async handle() {
        (await bundle()).remove();
        return empty();
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
