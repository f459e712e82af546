// What the service is given and what it gives: use cases without HTTP, for REST, the daemon and tests. Made by service.ts.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SqlCompatibility } from '../base/sql-compatibility.ts';
import type { ComponentFiles, Folders } from '../config/index.ts';
import type { ConnectorEntry } from '../contract/connector.ts';
import type { FunctionCatalogue } from '../contract/function.ts';
import type { Historian } from '../contract/history.ts';
import type { Extensions } from '../extensions/index.ts';
import type { PluginRegistry } from '../plugin-host/index.ts';
import type { LetterBox, RuleOptions, Runtime, TraceStore } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import type { ApplyService } from './apply/apply-service.ts';
import type { AsyncTasks } from './async-tasks.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { BackupService } from './backup/backup-service.ts';
import type { BackupScheduleSettings, ScheduledBackups } from './backup/scheduled.ts';
import type { ConfKeyStore } from './conf-keys.ts';
import type { ConnectionStore } from './connections.ts';
import type { Device } from './devices/list-devices.ts';
import type { Downloader } from './download.ts';
import type { Editor } from './editor/index.ts';
import type { ExternalServices } from './external-services.ts';
import type { Guard } from './guarded/guard.ts';
import type { Live } from './live/index.ts';
import type { MetricsDump } from './metrics-dump.ts';
import type { NetworkChanges } from './network-changes.ts';
import type { OtlpExport } from './otlp.ts';
import type { PluginAdmin, PortableAdmin } from './plugins/index.ts';
import type { RuleHistory } from './rules/rule-history.ts';
import type { RuleService } from './rules/rule-service.ts';
import type { SchemaRegistry } from './schemas.ts';
import type { ScriptService } from './scripts.ts';
import type { SecretStore } from './secrets/secret-store.ts';
import type { Vault } from './secrets/vault.ts';
import type { StreamService } from './streams/stream-service.ts';
import type { DataTransfer } from './transfer/data-transfer.ts';
import type { RulesetTransfer } from './transfer/ruleset.ts';
import type { YamlTransfer } from './transfer/yaml-transfer.ts';
import type { Translation } from './translate/index.ts';
import type { TrialHub } from './trial/hub.ts';
import type { TrialService } from './trial/trial-service.ts';
import type { Uploads } from './uploads.ts';

export interface ServiceDeps {
  clock: Clock;
  log: Log;
  store: Store;
  runtime: Runtime;
  /** Loads the catalogue of SQL functions, on first use. */
  functions(): Promise<FunctionCatalogue>;
  folders: Folders;
  componentFiles: ComponentFiles;
  connectors(name: string): ConnectorEntry | undefined;
  connectorNames(): readonly string[];
  /** Formats that there are. */
  formats(): readonly string[];
  /** Asked at each use: PATCH /configs and SIGHUP change them. */
  settings(): ServiceSettings;
  /** Where results of trial rules go; the connector `trialConnector(hub)` must be among `connectors`. */
  trialHub: TrialHub;
  /** Messages that ended the gateway. Absent: none are kept. */
  deadLetters?(): LetterBox | undefined;
  /** Values over time. Absent: none are kept. */
  historian?: Historian;
  /** Of the program, for backups. */
  version?: string;
  /** Seals secrets. Absent: they are stored as they are. */
  vault?: Vault | undefined;
  /** Takes the settings that the files say now. Absent: they count at the next start. */
  reloadSettings?(): void;
  /** State of the process that owns the network of the device. Absent: where the appliance has it. */
  networkStatus?: string;
  /** Told after each step of an import, for tests that end the process there. */
  importStep?(name: string): void;
  /** Plugins, loaded before the service. Absent: there are none. */
  plugins?: PluginRegistry;
  /** What users add besides plugins, read before the rules. Absent: there is none. */
  extensions?: Extensions;
}

export interface ServiceSettings {
  /** basic.metricsDumpConfig */
  metricsDump?: { enabled: boolean; retainedMs: number };
  /** backup */
  backups?: BackupScheduleSettings;
  timeZone: string;
  ignoreCase: boolean;
  sqlCompatibility: SqlCompatibility;
  ruleDefaults: RuleOptions;
  enablePrivateNet: boolean;
  allowExternalFileAccess: boolean;
  /** install.sh in archives of plugins is run. */
  enableInstallScript: boolean;
  dataServerPort: number;
}

export interface Service {
  readonly confKeys: ConfKeyStore;
  readonly connections: ConnectionStore;
  readonly secrets: SecretStore;
  /** Seals everything under a new key. @returns rows that were sealed anew */
  rekey(): Promise<number>;
  readonly streams: StreamService;
  readonly rules: RuleService;
  /** Help for those who write SQL; loaded on use. */
  editor(): Promise<Editor>;
  readonly ruleHistory: RuleHistory;
  readonly ruleset: RulesetTransfer;
  /** A rule as SQL of another engine. @throws GatewayError RULE_UNKNOWN, SERVICE_REFUSED */
  translate(id: string, to: string): Promise<Translation>;
  readonly data: DataTransfer;
  readonly apply: ApplyService;
  /** Who changed what. */
  readonly audit: AuditTrail;
  /** Changes of the device's network. */
  readonly network: NetworkChanges;
  readonly backup: BackupService;
  readonly scheduledBackups: ScheduledBackups;
  readonly yaml: YamlTransfer;
  readonly tasks: AsyncTasks;
  readonly uploads: Uploads;
  readonly download: Downloader;
  readonly schemas: SchemaRegistry;
  readonly plugins: PluginAdmin;
  readonly scripts: ScriptService;
  readonly portables: PortableAdmin;
  readonly externalServices: ExternalServices;
  readonly trials: TrialService;
  readonly traces: TraceStore;
  readonly otlp: OtlpExport;
  readonly metricsDump: MetricsDump;
  /** Live views; loaded with the first viewer. */
  live(): Promise<Live>;
  /** Changes that are watched and taken back by themselves; loaded on use. */
  guard(): Promise<Guard>;
  /** Serial ports of this machine, and devices behind the sources that are read now. */
  devices(): Promise<Device[]>;
  deadLetters(): LetterBox | undefined;
  readonly historian: Historian | undefined;
  /** Creates stored rules, tells triggered ones to start, and imports init.json where it is new. @param safe nothing is started */
  begin(safe: boolean): Promise<void>;
  close(): Promise<void>;
}
