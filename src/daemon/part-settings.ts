// From the settings of kuiper.yaml to what runtime and service take of them. Used by gateway.ts; one line here for a setting that one of them needs.
import type { Settings } from '../config/index.ts';
import { defaultRuleOptions, parseRuleOptions, type RuntimeSettings } from '../runtime/index.ts';
import type { ServiceSettings } from '../service/index.ts';

export function runtimeSettings(settings: Settings): Partial<RuntimeSettings> {
  return {
    rulePatrolIntervalMs: settings.rulePatrolIntervalMs,
    holdSourcesAtStart: true,
    timeZone: settings.timeZone,
    rowBudget: settings.rowBudget,
    // it may need a second more for its checkpoints
    stopTimeoutMs: Math.min(settings.gracefulShutdownMs, 600),
    maxQueueBytesInAll: settings.store.maxQueueBytes,
    minFreeBytes: settings.store.minFreeBytes,
    sink: settings.sink,
  };
}

/** @param timeZone set over REST until the next start */
export function serviceSettings(settings: Settings, timeZone: string | undefined): ServiceSettings {
  return {
    timeZone: timeZone ?? settings.timeZone,
    ignoreCase: settings.ignoreCase,
    sqlCompatibility: settings.sqlCompatibility,
    ruleDefaults: parseRuleOptions('kuiper.yaml', settings.rule, defaultRuleOptions()),
    enablePrivateNet: settings.enablePrivateNet,
    allowExternalFileAccess: settings.allowExternalFileAccess,
    enableInstallScript: settings.enableInstallScript,
    dataServerPort: settings.dataServer.port,
    metricsDump: settings.metricsDump,
    backups: settings.backup,
  };
}
