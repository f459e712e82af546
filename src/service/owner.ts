// What the owner of a device sets at run time, as one. Called by daemon/gateway.ts.
import type { Environment, Folders } from '../config/index.ts';
import { createMqttUsers, type MqttUsers } from './mqtt-users.ts';
import { createOwnerSettings, type OwnerSettings } from './owner-settings.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** @param reload takes what the files say now; throws what the next start would refuse */
export function createOwner(
  folders: Folders,
  env: Environment,
  reload: () => void,
): { settings: OwnerSettings; mqttUsers: MqttUsers; tokens: Tokens } {
  return {
    settings: createOwnerSettings({ folders, env, reload }),
    mqttUsers: createMqttUsers(folders.etc),
    tokens: createTokens(folders.etc, reload),
  };
}
