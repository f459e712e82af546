// What the plugin registry is given and what it gives to the daemon, the planner, the runtime and the service. Made by plugin-registry.ts.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { Store } from '../../store/index.ts';
import type { Suspect } from '../containment/guard.ts';
import type { PluginDoor } from '../files/door.ts';
import type { PluginKind } from '../files/plugin-file.ts';
import type { FoundZip } from '../files/scan.ts';
import type { PluginStates } from '../remote/plugin-state.ts';
import type { LaunchThread } from '../remote/thread.ts';
import type { HeldBack } from './held-back.ts';
import type { PluginDescription, PluginEntry } from './plugin-entry.ts';
import type { PluginLogLine } from './plugin-logs.ts';
import type { PluginMode, TrustSettings } from './trust.ts';

export interface PluginChange {
  kind: PluginKind;
  name: string;
  /** `moved`: another version took over without a restart; `shape`: rules must be planned anew. */
  what: 'added' | 'removed' | 'shape' | 'moved';
  /** Names of SQL functions that came, went or changed. */
  functions: readonly string[];
}

export interface PluginRegistryDeps {
  rootPath: string;
  /** `<root>/plugins` */
  folder: string;
  etc: string;
  dataDir: string;
  clock: Clock;
  log: Log;
  store: Store;
  settings?(): PluginHostSettings;
  /** True for names of built-in SQL functions. */
  isBuiltin?(name: string): Promise<boolean>;
  /** A zip lies in a plugin folder; installs or refuses it (the file is gone afterwards). Given later by the service. */
  onZip?(zip: FoundZip): Promise<void>;
}

export interface PluginRegistry {
  /** Loads what lies there. @param safe nothing is loaded (safe mode) */
  start(safe: boolean): Promise<void>;
  stop(): Promise<void>;
  /** Looks at the folders now and resolves when everything there is in effect or refused. */
  settle(): Promise<void>;
  readonly functions: FunctionCatalogue;
  /** A plugin's connector; merged with the built-in one of the same name, whose other side stays. */
  connector(name: string, builtin: ConnectorEntry | undefined): ConnectorEntry | undefined;
  connectorNames(): string[];
  names(kind: PluginKind): string[];
  /** undefined: nothing of this name */
  describe(kind: PluginKind, name: string): PluginDescription | undefined;
  entry(kind: PluginKind, name: string): PluginEntry | undefined;
  /** Latest versions that cannot be used. */
  heldBack(): readonly HeldBack[];
  /** Its last log lines. @param after number of the last one that is known */
  logs(kind: PluginKind, name: string, after: number): readonly PluginLogLine[];
  /** Names of functions and the plugin that has them. */
  functionOwners(): Map<string, string>;
  registerFunctions(name: string, names: readonly string[] | undefined): Promise<void>;
  /** The folders and the names of functions in the store were changed by somebody else: looks at both. */
  reread(): Promise<void>;
  /** State of plugins: stores what is not stored yet, and takes that of another gateway. */
  readonly state: Pick<PluginStates, 'flush' | 'put'>;
  /** Gives quarantined versions a new chance, as if their files had just come. @returns how many */
  release(kind: PluginKind, name: string): Promise<number>;
  /** Whose fault an uncaught error is; undefined: not a plugin's. */
  blame(error: unknown): Suspect | undefined;
  onChange: ((change: PluginChange) => void) | undefined;
  onZip: ((zip: FoundZip) => Promise<void>) | undefined;
  /** ES modules of functions that were loaded; each stays in memory. */
  readonly modules: number;
  /** The owner decides how the content in effect runs. @param mode undefined: the decision is taken back
   *  @returns false when nothing of this name is in effect */
  decide(kind: PluginKind, name: string, mode: PluginMode | undefined): Promise<boolean>;
  /** Questions to contained plugins about arguments of functions; who plans for a user waits and plans again. */
  pendingQuestions(): readonly Promise<void>[];
  /** Writes into `plugins/`, or has it written. */
  readonly door: PluginDoor;
  /** Where files that nobody has decided on are looked at. */
  untrustedThreads(): Promise<LaunchThread>;
  hosts(): { hosts: number; rssMb: number; apart: readonly string[] };
}

/** Settings of `plugins` in kuiper.yaml. */
export interface PluginHostSettings extends TrustSettings {
  /** Socket of systemd that starts plugin hosts; '' = the gateway starts them itself. */
  readonly socket: string;
  /** Socket of the installer, where the gateway may not write `plugins/` itself; '' = it writes. */
  readonly installer: string;
  /** Resident memory of one plugin host. */
  readonly maxRssMb: number;
}
