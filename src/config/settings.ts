// The typed settings of the gateway. Made by load-settings.ts, handed down by daemon/main.ts; nobody else reads kuiper.yaml.
import type { BudgetLimits } from '../base/budget.ts';
import type { LogLevel } from '../base/log.ts';
import type { SqlCompatibility } from '../base/sql-compatibility.ts';
import type { MaintenanceWindow } from './maintenance-window.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface FleetSettings {
  /** '' = the id of the gateway. */
  readonly name: string;
  readonly groups: readonly string[];
  /** Files; '' = none. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** `url` '' = off, as below. */
  readonly pull: {
    readonly url: string;
    readonly intervalMs: number;
    readonly prune: boolean;
    readonly enforce: boolean;
    readonly unsigned: boolean;
    readonly report: string;
  };
  readonly hawkbit: {
    readonly url: string;
    readonly tenant: string;
    readonly auth: 'target' | 'gateway' | 'certificate';
    readonly secret: string;
  };
  readonly mqtt: { readonly server: string; readonly username: string; readonly secret: string; readonly prefix: string };
}

export interface Settings {
  readonly logLevel: LogLevel;
  /** Log files of rules. */
  readonly logFiles: { readonly maxBytes: number; readonly keep: number };
  readonly rest: {
    readonly ip: string;
    readonly port: number;
    readonly tls: TlsFiles | undefined;
    readonly allowedHosts: readonly string[];
    readonly authentication: boolean;
    readonly auditLog: boolean;
  };
  /** IANA name; `Local` is resolved to the machine's zone. */
  readonly timeZone: string;
  /** What one message may cost in a rule. */
  readonly rowBudget: BudgetLimits;
  readonly prometheus: { readonly enabled: boolean; readonly port: number };
  /** Folder in memory for the record of messages under way; '' = one that the machine offers. */
  readonly runtimeFolder: string;
  readonly ignoreCase: boolean;
  /** For rules that do not say it themselves. */
  readonly sqlCompatibility: SqlCompatibility;
  /** What would have no effect is refused. */
  readonly strictOptions: boolean;
  readonly rulePatrolIntervalMs: number;
  readonly aesKey: string | undefined;
  readonly gracefulShutdownMs: number;
  readonly cpuProfile: { readonly enabled: boolean; readonly intervalMs: number };
  readonly metricsDump: { readonly enabled: boolean; readonly retainedMs: number };
  readonly enablePrivateNet: boolean;
  readonly allowExternalFileAccess: boolean;
  readonly enableInstallScript: boolean;
  readonly plugins: {
    readonly default: 'trusted' | 'contained' | 'restricted';
    readonly trust: 'marks' | 'keys';
    readonly socket: string;
    readonly installer: string;
    readonly maxRssMb: number;
  };
  /** When the appliance may restart by itself. */
  readonly update: { readonly window: MaintenanceWindow };
  /** Backups that make themselves. */
  readonly backup: {
    readonly everyMs: number;
    readonly places: readonly string[];
    readonly keep: number;
    readonly passphraseFile: string;
    readonly recipientFile: string;
    readonly withoutSecrets: boolean;
    readonly state: boolean;
  };
  /** Command that runs portable plugins in Python. */
  readonly portable: { readonly pythonBin: string };
  readonly dataServer: { readonly ip: string; readonly port: number; readonly tls: TlsFiles | undefined };
  readonly store: { readonly maxQueueBytes: number; readonly minFreeBytes: number; readonly reserveBytes: number };
  readonly history: {
    readonly maxBytes: number;
    readonly keepValuesMs: number;
    readonly keepMinutesMs: number;
    readonly keepHoursMs: number;
    readonly flushMs: number;
    readonly maxNames: number;
  };
  readonly fleet: FleetSettings;
  /** Defaults of rule options, wire names (kuiper.yaml `rule`). */
  readonly rule: Readonly<Record<string, unknown>>;
  /** Defaults of sink cache properties, wire names (kuiper.yaml `sink`). */
  readonly sink: Readonly<Record<string, unknown>>;
}
