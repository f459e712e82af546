// What the owner of a device sets at run time, as one. Called by daemon/gateway.ts.
import type { Environment, Folders } from '../config/index.ts';
import type { BundleUpload } from '../system/update/bundle-upload.ts';
import type { CertificateInfo, NamedFile } from './certificates.ts';
import { createMqttUsers, type MqttUsers } from './mqtt-users.ts';
import { createOwnerSettings, type OwnerSettings } from './owner-settings.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** @param reload takes what the files say now; throws what the next start would refuse */
export function createOwner(
  folders: Folders,
  env: Environment,
  reload: () => void,
): {
  settings: OwnerSettings;
  mqttUsers: MqttUsers;
  tokens: Tokens;
  certificates(): Promise<CertificateInfo[]>;
  upload(): Promise<BundleUpload>;
} {
  const settings = createOwnerSettings({ folders, env, reload });
  return {
    settings,
    mqttUsers: createMqttUsers(folders.etc),
    tokens: createTokens(folders.etc, reload),
    async certificates() {
      const { listCertificates } = await import('./certificates.ts');
      return listCertificates(folders.etc, namedFiles(settings), Date.now());
    },
    async upload() {
      const { createBundleUpload } = await import('../system/update/bundle-upload.ts');
      return createBundleUpload(folders.data);
    },
  };
}

/** Settings of certificates, each with the setting of its key. */
const NAMED: readonly (readonly [setting: string, key?: string])[] = [
  ['basic.restTls.certfile', 'basic.restTls.keyfile'],
  ['source.httpServerTls.certfile', 'source.httpServerTls.keyfile'],
  ['fleet.tls.ca'],
  ['fleet.tls.cert', 'fleet.tls.key'],
];

function namedFiles(settings: OwnerSettings): NamedFile[] {
  const values = new Map(settings.list().map((s) => [s.path, s.value]));
  const text = (setting: string | undefined) => {
    const value = setting === undefined ? undefined : values.get(setting);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return NAMED.flatMap(([setting, key]) => {
    const file = text(setting);
    return file === undefined ? [] : [{ setting, file, keyFile: text(key) }];
  });
}
