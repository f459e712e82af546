// What the owner of a device sets: keys of kuiper.yaml, users of the MQTT listener. And the certificates that are there. Ours; eKuiper has nothing like it. For the role admin only.

import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { CertificateInfo, MqttUsers, OwnerSettings } from '../../service/index.ts';
import type { BundleUpload } from '../../system/update/bundle-upload.ts';
import { mqttUserBody, settingBody } from '../bodies.ts';
import { json, text } from '../reply.ts';
import { bodyObject } from '../request.ts';
import type { Route } from '../router.ts';

export interface OwnerParts {
  settings: OwnerSettings;
  mqttUsers: MqttUsers;
  /** Absent in tests of single routes. */
  certificates?: () => Promise<CertificateInfo[]>;
  /** Bundles that are sent to the device; loaded when one is. */
  upload?: () => Promise<BundleUpload>;
}

/** @param owner undefined where nothing is kept (tests of single routes) */
export function ownerRoutes(owner: OwnerParts | undefined): Route[] {
  if (!owner) return [];
  const { settings, mqttUsers, certificates } = owner;
  const what = 'Invalid body';
  const param = (r: { params: Readonly<Record<string, string>> }, name: string): string => r.params[name]!;
  return [
    { method: 'GET', path: '/settings', handle: () => json(settings.list()) },
    { method: 'GET', path: '/settings/{path}', handle: (r) => json(settings.get(param(r, 'path'))) },
    {
      method: 'PUT',
      path: '/settings/{path}',
      handle(r) {
        const body = bodyObject(r, what, settingBody);
        if (!('value' in body)) throw new GatewayError('REST_BODY', { what, problem: 'expected {"value": …}' });
        return json(settings.set(param(r, 'path'), body['value']));
      },
    },
    { method: 'DELETE', path: '/settings/{path}', handle: (r) => json(settings.unset(param(r, 'path'))) },
    { method: 'GET', path: '/certificates', handle: async () => json((await certificates?.()) ?? []) },
    { method: 'GET', path: '/mqtt/users', handle: () => json(mqttUsers.list()) },
    { method: 'PUT', path: '/mqtt/users/{name}', handle: (r) => json(mqttUsers.put(param(r, 'name'), bodyObject(r, what, mqttUserBody))) },
    {
      method: 'DELETE',
      path: '/mqtt/users/{name}',
      handle(r) {
        mqttUsers.remove(param(r, 'name'));
        return text(`MQTT user ${param(r, 'name')} is removed`);
      },
    },
  ];
}
