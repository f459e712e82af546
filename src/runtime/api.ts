// The runtime as the service and the daemon see it. Implemented by index.ts (createRuntime) and rule/rule.ts.
import type { BudgetLimits } from '../base/budget.ts';
import type { Clock } from '../base/clock.ts';
import type { DataServer } from '../base/data-server.ts';
import type { Log } from '../base/log.ts';
import type { CodecDefinition } from '../contract/codec.ts';
import type { ConnectorEntry } from '../contract/connector.ts';
import type { ConnectionState, NetworkSettings } from '../contract/context.ts';
import type { DeviceReport } from '../contract/device.ts';
import type { Historian } from '../contract/history.ts';
import type { Row, Value } from '../data/value.ts';
import type { Store } from '../store/index.ts';
import type { RuleDefinition, SourceSpec } from './definition.ts';
import type { Cause, Diag } from './diagnosis/cause.ts';
import type { TableAccess } from './ports.ts';
import type { RuleLogSettings } from './rule/rule-log.ts';
import type { ParkedRule, Suspects } from './suspect/index.ts';
import type { TraceStrategy } from './trace/rule-trace.ts';
import type { TraceStore } from './trace/trace-store.ts';

export interface RuntimeSettings {
  /** `basic.rulePatrolInterval`; below 1 s counts as 10 s. */
  rulePatrolIntervalMs: number;
  /** IANA name. */
  timeZone: string;
  /** What one message may cost. */
  rowBudget: BudgetLimits;
  /** At most one commit of state in this time per rule, unless a source's window fills up. */
  checkpointIntervalMs: number;
  /** A rule whose saved state is larger stops by error. */
  maxStateBytes: number;
  /** A sink that confirms nothing for so long is spilled to its durable queue. */
  spillAfterMs: number;
  /** Bound of one sink's durable queue in bytes (rows: maxDiskCache of the sink). */
  maxQueueBytes: number;
  /** Bound of all durable queues together; 0 = none. */
  maxQueueBytesInAll: number;
  /** Durable queues leave so much of the disk free; 0 = none. */
  minFreeBytes: number;
  /** Graceful stop waits at most so long for sinks (eKuiper: 5 s; the daemon must end within 2 s). */
  stopTimeoutMs: number;
  /** Sources wait for `rulesLoaded`, so that no saved rule misses what a broker gives out at once. */
  holdSourcesAtStart: boolean;
  /** Defaults of the sinks' cache properties, section `sink` of kuiper.yaml. */
  sink: Readonly<Record<string, unknown>>;
}

export interface RuntimeDeps {
  clock: Clock;
  log: Log;
  store: Store;
  /** Connector or plugin by name. A function, so that plugins may come and go. */
  /** basic.ResourceProfileConfig: set = the CPU time of rules is measured over this interval. */
  cpuIntervalMs?: number;
  /** Names of all connectors, for a "did you mean". */
  connectorNames?(): readonly string[];
  connectors(name: string): ConnectorEntry | undefined;
  /** Format by name (lower case). */
  codecs(format: string): CodecDefinition | undefined | Promise<CodecDefinition | undefined>;
  settings?: Partial<RuntimeSettings>;
  rootPath: string;
  dataDir: string;
  /** 0 ≤ x < 1; tests give a seeded one. */
  random?(): number;
  /** For tests: the machine's boot, and how long ago it was. */
  boot?: { id: string; upMs: number };
  /** KUIPER_PROPS_<NAME>. */
  property?(name: string): string | undefined;
  /** Reads a schema of the registry (protobuf). */
  schemas?: { read(type: string, id: string): string };
  /** basic.aesKey, decoded: key of the sinks' property `encryption`. */
  aesKey?: Uint8Array;
  /** What connectors may call and listen on. A function, so that a reload of the settings takes effect. */
  network?(): NetworkSettings;
  /** Store behind get_keyed_state. */
  keyedState?: { get(key: string): Value; put(key: string, value: Value): void };
  /** Where connectors listen for HTTP and WebSocket clients. */
  dataServer?: DataServer;
  /** Behind the sink and the lookup table history. */
  historian?: Historian;
  /** Where rules with `logFilename` write. A function, so that a reload of the settings takes effect. */
  logFiles?(): RuleLogSettings;
  /** Finds messages that end the process. Absent: nothing is watched. */
  suspects?: Suspects;
  /** Scan and lookup tables (runtime/table). */
  tables?: TableAccess;
  /** What is wrong with the device and touches every rule (its clock); asked for health. */
  outside?(): readonly Cause[];
}

export type RuleState = 'stopped' | 'starting' | 'stopping' | 'running' | 'waiting' | 'stoppedByError';

/** eKuiper's texts of the states. */
export const stateTexts: Readonly<Record<RuleState, string>> = {
  stopped: 'stopped',
  starting: 'starting',
  stopping: 'stopping',
  running: 'running',
  waiting: 'stopped: waiting for next schedule.',
  stoppedByError: 'stopped by error',
};

/** rules.md §2: `status, message, lastStartTimestamp, lastStopTimestamp, nextStartTimestamp`, then `<kind>_<node>_<instance>_<metric>`, then `health`. */
export type RuleStatus = Record<string, unknown>;

export interface SourceHealth {
  stream: string;
  connection: ConnectionState;
  message: string;
  /** Since when it is away, epoch ms; 0 while it is there. */
  disconnectedAtMs: number;
  /** Epoch ms, 0 = never. */
  lastMessageAtMs: number;
  dropped: number;
  /** Why, by reason. */
  dropReasons: Readonly<Record<string, number>>;
  /** Dropped by the peer itself, as it tells (MQTT: `$SYS` of the broker, for all its clients; only for QoS 0). */
  peerDropped: number;
  /** For how long the source waits for the rules that read it, ms; 0 = it does not. */
  waitingMs: number;
  undecodable: number;
  /** Messages that wait for this gateway's confirmation. */
  unconfirmed: number;
  /** Times that the connection was made again after a loss. */
  reconnects: number;
  /** Losses of the connection in the last minute; `lastLoss` says why it was lost last. */
  recentLosses: number;
  lastLoss: string;
  /** The devices behind it, where the connector knows them. */
  devices: readonly DeviceReport[];
  /** What its peer does not give, in sentences that need no action. */
  notes: readonly string[];
}

export interface SinkHealth {
  sink: string;
  connection: ConnectionState;
  /** Epoch ms, 0 = never tried. */
  lastTryAtMs: number;
  message: string;
  mode: 'up' | 'retrying' | 'spilling';
  waiting: number;
  retried: number;
  spilled: number;
  /** Rows given up at a bound. */
  dropped: number;
  /** Rows that the sink does not take (an error that stays, or maxRetries is used up) and that were not parked: they went to the dead letter
   *  action, or were discarded. */
  refused: number;
  /** Rows that the sink does not take, parked on disk until somebody tries them again or drops them; why the last one was not taken, since when
   *  the oldest one lies there (epoch ms), and why no further one can be parked ('' = one can). */
  parked: number;
  parkedReason: string;
  parkedOldestAtMs: number;
  parkError: string;
  queueRows: number;
  queueBytes: number;
  /** Why the queue on disk takes nothing now; '' = it does. */
  storeError: string;
  /** Epoch ms, 0 = empty. */
  queueOldestAtMs: number;
  /** Times that the connection was made again after a loss. */
  reconnects: number;
  /** Losses of the connection in the last minute; `lastLoss` says why it was lost last. */
  recentLosses: number;
  lastLoss: string;
  lastError: string;
  lastErrorAtMs: number;
  /** What its peer does not take, in sentences that need no action. */
  notes: readonly string[];
}

export interface RuleHealth {
  state: RuleState;
  /** False when anything below needs attention. */
  ok: boolean;
  /** Sentences for a person; [] when ok. */
  problems: string[];
  /** What a person may want to know and need not act on. */
  notes: string[];
  /** Why data does not flow, or less of it than should, for programs: what `problems` and `notes` say of sources and operators. */
  causes: Cause[];
  sources: SourceHealth[];
  sinks: SinkHealth[];
  lateRows: number;
  /** Rows in event time that were left out, since they are too far ahead of the clock (option futureTolerance). */
  aheadRows: number;
  /** State per key (PARTITION BY): keys of all operators, the limit of each of them (option maxKeys), keys that were forgotten (keyTTL),
   *  and rows that were left out at the limit. */
  keys: { count: number; limit: number; forgotten: number; refusedRows: number };
  exceptions: number;
  /** Rows and groups that could not be computed and were left out alone, by operator, with the last one (standard SQL). */
  failedRows: { op: string; count: number; text: string; sample: string; key?: string; atMs: number }[];
  /** Time of each operator per row, without those behind it, of one row in 10 ms at most; microseconds. */
  operatorTimes: { op: string; rows: number; p50Us: number; p90Us: number; p99Us: number }[];
  /** Given to the actions with `deadLetter`. */
  deadLetters: number;
  /** Messages that it did not evaluate since they ended the gateway before; they are among the dead letters. */
  setAside: number;
  /** Set: the rule is parked, for this message or (without one) for several deaths in a row. */
  parked?: ParkedRule;
  lastError: { text: string; atMs: number; op: string } | undefined;
  checkpoint: { bytes: number; lastAtMs: number; heldMessages: number; failures: number; lastError: string };
}

export interface Topo {
  sources: string[];
  edges: Record<string, string[]>;
}

export interface ParkedSummary {
  sink: string;
  /** Number of the row at its sink. */
  id: number;
  rows: number;
  bytes: number;
  /** Why the sink did not take it, last. */
  reason: string;
  /** Tries in vain since it was parked. */
  tries: number;
  /** Arrival of the row, and when it was parked; epoch ms. */
  atMs: number;
  parkedAtMs: number;
  /** What it replaces at its destination. */
  keys: readonly string[];
  /** A newer row with one of its keys was delivered since. */
  overtaken: boolean;
}

export interface ParkedDetail extends ParkedSummary {
  /** The payload as text, or in base64 with `encoding`; rows of sinks that take rows. */
  data: unknown;
  encoding?: 'base64';
  /** Values of the sink's dynamic properties for it, e.g. `topic`. */
  target?: Readonly<Record<string, unknown>>;
}

/** Rows that sinks of a rule do not take. All methods throw PARKED_NO_SINK for a sink that the rule does not have. */
export interface ParkedAccess {
  list(): Promise<ParkedSummary[]>;
  /** @throws PARKED_NOT_FOUND */
  show(sink: string, id: number): Promise<ParkedDetail>;
  /** @throws PARKED_NOT_FOUND, PARKED_NOT_NOW, PARKED_OVERTAKEN, PARKED_AGAIN */
  retry(sink: string, id: number, force: boolean): Promise<void>;
  /** @throws PARKED_NOT_FOUND */
  drop(sink: string, id: number): Promise<void>;
  retryAll(force: boolean): Promise<{ delivered: number; failed: { sink: string; id: number; reason: string }[] }>;
  /** @returns how many */
  dropAll(): Promise<number>;
}

export interface RuleHandle {
  readonly id: string;
  readonly definition: RuleDefinition;
  readonly state: RuleState;
  /** Set: it ended the gateway and waits for a start or an edit by the user. */
  readonly parked: ParkedRule | undefined;
  /** Commands answer at once; the run itself is asynchronous, failures show in the status (rules.md 1.3). The promise resolves when the command's
   *  effect is reached or was replaced by a later command. */
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(options?: { keepState?: boolean }): Promise<void>;
  /** Replaces the definition: the old run stops, the new one starts if it is triggered; state is kept where fingerprints match. */
  update(definition: RuleDefinition): Promise<void>;
  /** Sets the position of a source of the running rule (`reset_state`). @throws SERVICE_REFUSED with the reason */
  resetOffset(stream: string, values: Readonly<Record<string, unknown>>): void;
  /** Stops, and removes state, queues and counters. */
  delete(): Promise<void>;
  status(): RuleStatus;
  /** Without the nodes: for lists. */
  brief(): { status: string; message: string };
  health(): RuleHealth;
  /** Records what happens to its messages from now on; undefined: no more. A running rule goes on in a new run, with its state. */
  setTrace(strategy: TraceStrategy | undefined): Promise<void>;
  /** Somebody asks about it: sources that have had no message look once for what may have been meant; `health` tells later what they saw. */
  look(): void;
  /** The way of its data, step by step. With `search` sources that had no message look for what may have been meant, a few seconds. */
  diag(options?: { search?: boolean }): Promise<Diag>;
  topo(): Topo;
  /** Rows that its sinks do not take. */
  parkedRows(): ParkedAccess;
  /** Called when a run ends by itself in a way that must be stored: a bounded source at its end sets triggered=false. */
  onTriggeredChange?: (triggered: boolean) => void;
}

/** What rules held at one moment. */
export interface Moment {
  /** Rules whose state could not be stored in time: what is stored of them is older. */
  readonly late: readonly string[];
  /** When the state was taken that is stored of a rule, epoch ms. */
  momentOf(rule: string): number;
  /** A page of a queue without what came later. @returns undefined when nothing is left  @throws when the bytes are damaged */
  pageAt(
    queue: string,
    page: { readonly rows: number; readonly atMs: number },
    payload: Uint8Array,
  ): { payload: Uint8Array; rows: number } | undefined;
}

export interface Runtime {
  /** Creates (does not start; `start()` does). @throws RUNTIME_DUPLICATE_RULE, RULE_INVALID_CRON */
  createRule(definition: RuleDefinition): RuleHandle;
  /** Looks connectors up and has them check their properties. @returns sentences about what has no effect  @throws the error that refuses the rule */
  validateRule(
    definition: Pick<RuleDefinition, 'actions' | 'sources' | 'options' | 'id'> & { streams: readonly string[] },
  ): Promise<readonly string[]>;
  /** The same for one stream. */
  validateSource(spec: SourceSpec): Promise<readonly string[]>;
  /** Keeps a lookup table open that no rule may join yet. @returns gives it back */
  holdTable(spec: SourceSpec): Promise<() => void>;
  rule(id: string): RuleHandle | undefined;
  rules(): Iterable<RuleHandle>;
  /** State of the connection that rules share under a connectionSelector; undefined when none uses it now, or it cannot tell. */
  connectionState?(type: string, selector: string): { state: ConnectionState; message: string } | undefined;
  /** Devices behind the sources that are read now. */
  devices?(): (DeviceReport & { source: string })[];
  /** The last row of each source of a running rule. */
  lastRows?(): Iterable<{ stream: string; row: Row }>;
  /** What was recorded of traced rules. */
  readonly traces: TraceStore;
  /** How the rules are, in one sentence. From the first call on all of them are looked at in turns: new problems are told in the log. */
  condition(): string;
  /** CPU time of each rule in the last interval, ms. */
  cpuUsage?(): Record<string, number> | 'not ready' | 'not enabled';
  /** Prometheus text exposition. */
  metricsText(): string;
  /** Starts the patrol loop and the checkpointer. */
  start(): void;
  /** For a backup: stores what rules hold now. Takes as long as sinks need to deliver or store their results, but not longer than a few seconds. */
  moment?(): Promise<Moment>;
  /** State and queues of these rules were put into the store: they begin with them. */
  stateArrived?(checkpoints: readonly string[], queues: readonly string[]): void;
  /** All saved rules were told to start. Needed with holdSourcesAtStart (5 s after the creation sources open all the same). */
  rulesLoaded(): void;
  /** Stops sources, drains sinks (the rest goes to the durable queues), saves state. Resolves within stopTimeoutMs + 1 s also with a dead sink. */
  close(): Promise<void>;
}
