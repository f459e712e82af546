// The settings of `fleet`, typed. Called by load-settings.ts.
import type { FleetSettings } from './settings.ts';

/** @param value of a path of setting-specs.ts, converted */
export function fleetSettings(value: (path: string) => any): FleetSettings {
  return {
    name: value('fleet.name'),
    groups: value('fleet.groups'),
    tls: { ca: value('fleet.tls.ca'), cert: value('fleet.tls.cert'), key: value('fleet.tls.key') },
    pull: {
      url: value('fleet.pull.url'),
      intervalMs: Math.max(1000, value('fleet.pull.interval')),
      prune: value('fleet.pull.prune'),
      enforce: value('fleet.pull.enforce'),
      unsigned: value('fleet.pull.unsigned'),
      report: value('fleet.pull.report'),
    },
    hawkbit: {
      url: value('fleet.hawkbit.url'),
      tenant: value('fleet.hawkbit.tenant'),
      auth: value('fleet.hawkbit.auth'),
      secret: value('fleet.hawkbit.secret'),
    },
    mqtt: {
      server: value('fleet.mqtt.server'),
      username: value('fleet.mqtt.username'),
      secret: value('fleet.mqtt.secret'),
      prefix: value('fleet.mqtt.prefix'),
    },
  };
}
