// The gateway as one of many: what of it is set up runs, and tells its state. Loaded on use by daemon/fleet-part.ts. Next: pull/agent.ts,
// hawkbit/agent.ts, mqtt-agent.ts.
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { FleetSettings, Folders } from '../config/index.ts';
import type { ApplyService } from '../service/index.ts';
import type { UpdateInstaller } from '../system/update/installer.ts';
import { createHawkbitAgent } from './hawkbit/agent.ts';
import { createFleetHttp } from './http.ts';
import { identityOf } from './identity.ts';
import { readFleetKeys } from './keys.ts';
import { createMqttAgent } from './mqtt-agent.ts';
import { createPullAgent } from './pull/agent.ts';
import { createReporter } from './reporter.ts';

export interface FleetDeps {
  settings: FleetSettings;
  gatewayId: string;
  version: string;
  folders: Folders;
  apply: ApplyService;
  /** Value of a secret. @throws GatewayError SECRET_UNKNOWN */
  secret(name: string): string;
  /** Undefined where there are no A/B updates. */
  updater: UpdateInstaller | undefined;
  clock: Clock;
  log: Log;
  random?: () => number;
}

export interface FleetStatus {
  id: string;
  name: string;
  groups: readonly string[];
  version: string;
  /** Each only where it is set up. */
  pull?: object;
  hawkbit?: object;
  mqtt?: object;
}

export interface Fleet {
  start(): void;
  stop(): Promise<void>;
  status(): FleetStatus;
  /** Looks at all servers now. */
  poke(): Promise<void>;
  /** What needs attention, in sentences. */
  problems(): string[];
}

export function createFleet({ settings, folders, apply, secret, updater, clock, log, ...deps }: FleetDeps): Fleet {
  const random = deps.random ?? Math.random;
  const who = identityOf(settings, deps.gatewayId, deps.version);
  const folder = join(folders.data, 'fleet');
  const http = createFleetHttp(settings.tls, `kuiper-gateway/${deps.version}`);
  const keys = () => readFleetKeys(folders.etc);
  const changed = () => {
    reporter?.changed();
    mqtt?.report(status());
  };
  const common = { who, folder, http, apply, updater, clock, log, random, changed };
  const pull = settings.pull.url === '' ? undefined : createPullAgent({ ...common, settings: settings.pull, keys });
  const { auth, secret: tokenName } = settings.hawkbit;
  const authorization = () =>
    auth === 'certificate' ? undefined : `${auth === 'gateway' ? 'GatewayToken' : 'TargetToken'} ${secret(tokenName)}`;
  const hawkbit = settings.hawkbit.url === '' ? undefined : createHawkbitAgent({ ...common, settings: settings.hawkbit, authorization });
  const { secret: passwordName } = settings.mqtt;
  const password = () => (passwordName === '' ? undefined : secret(passwordName));
  const mqtt =
    settings.mqtt.server === '' ? undefined : createMqttAgent({ ...common, settings: settings.mqtt, tls: settings.tls, keys, password });
  const status = (): FleetStatus => ({
    ...who,
    ...(pull ? { pull: pull.state() } : {}),
    ...(hawkbit ? { hawkbit: hawkbit.state() } : {}),
    ...(mqtt ? { mqtt: mqtt.state() } : {}),
  });
  const reporter = settings.pull.report === '' ? undefined : createReporter(settings.pull.report, http, status, clock, log, random);
  return {
    start() {
      pull?.start();
      hawkbit?.start();
      mqtt?.start();
      mqtt?.report(status());
    },
    async stop() {
      reporter?.stop();
      await Promise.all([pull?.stop(), hawkbit?.stop(), mqtt?.stop()]);
      http.close();
    },
    status,
    poke: async () => void (await Promise.all([pull?.poke(), hawkbit?.poke()])),
    problems: () =>
      Object.entries({ pull: pull?.state().problem, hawkbit: hawkbit?.state().problem, mqtt: mqtt?.state().problem }).flatMap(
        ([part, problem]) => (problem ? [`Fleet, ${part}: ${problem}`] : []),
      ),
  };
}
