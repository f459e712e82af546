// Every key of kuiper.yaml that the gateway reads, once: type, default, unit, limits. load-settings.ts reads values by it, a test
// compares it with etc/kuiper.yaml, and unknown keys are reported with the nearest name from here. Source: docs/spec/rules.md §6.2.

import { sqlCompatibilities } from '../base/sql-compatibility.ts';

export type SettingType = 'string' | 'int' | 'bool' | 'duration' | 'port' | 'strings' | 'bytes';

export interface SettingSpec {
  /** Wire path, e.g. `basic.restPort`; keys are matched whatever their case. */
  readonly path: string;
  readonly type: SettingType;
  /** In the unit of the typed settings (durations: ms). `undefined` = not set. */
  readonly default: unknown;
  readonly min?: number;
  readonly oneOf?: readonly string[];
  readonly secret?: boolean;
  readonly doc: string;
}

const HOUR_MS = 3_600_000;

export const settingSpecs: readonly SettingSpec[] = [
  {
    path: 'basic.logLevel',
    type: 'string',
    default: 'info',
    oneOf: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic'],
    doc: 'Lowest level that is logged.',
  },
  { path: 'basic.debug', type: 'bool', default: false, doc: 'Forces level debug.' },
  {
    path: 'basic.runtimeFolder',
    type: 'string',
    default: '',
    doc: 'Folder in memory (tmpfs) for the record of messages under way after a crash. Empty: RUNTIME_DIRECTORY, XDG_RUNTIME_DIR or /dev/shm.',
  },
  { path: 'basic.rotateSize', type: 'int', default: 10_485_760, min: 0, doc: 'Size in bytes at which the log file of a rule is rotated.' },
  { path: 'basic.rotateCount', type: 'int', default: 3, min: 0, doc: 'Older log files of a rule that are kept.' },
  { path: 'basic.restIp', type: 'string', default: '127.0.0.1', doc: 'Address of REST. Any but loopback needs authentication.' },
  { path: 'basic.restPort', type: 'port', default: 9081, doc: 'Port of REST; 0 = any free one.' },
  { path: 'basic.restTls.certfile', type: 'string', default: undefined, doc: 'PEM certificate; with keyfile: REST speaks TLS.' },
  { path: 'basic.restTls.keyfile', type: 'string', default: undefined, doc: 'PEM private key.' },
  {
    path: 'basic.restAllowedHosts',
    type: 'strings',
    default: [],
    doc: 'Host names, besides loopback, that a caller without token may use (DNS rebinding).',
  },
  {
    path: 'basic.rowBudget.maxSteps',
    type: 'int',
    default: 2_000_000,
    min: 10_000,
    doc: 'Work that one message may cost in a rule, in steps of about 25 ns (2 million: some 50 ms).',
  },
  {
    path: 'basic.rowBudget.maxBytes',
    type: 'int',
    default: 67_108_864,
    min: 1_048_576,
    doc: 'Bytes of all results that a rule builds of one message.',
  },
  { path: 'basic.rowBudget.maxTime', type: 'duration', default: 100, min: 10, doc: 'CPU time that one message may cost in a rule.' },
  { path: 'basic.timezone', type: 'string', default: 'Local', doc: 'IANA name of the zone of datetime values.' },
  { path: 'basic.authentication', type: 'bool', default: false, doc: 'REST asks for a token.' },
  { path: 'basic.prometheus', type: 'bool', default: false, doc: 'Serve metrics for Prometheus.' },
  { path: 'basic.prometheusPort', type: 'port', default: 20499, doc: 'Port of /metrics; equal to restPort = on the REST server.' },
  { path: 'basic.ignoreCase', type: 'bool', default: false, doc: 'Column names are matched whatever their case.' },
  {
    path: 'basic.sqlCompatibility',
    type: 'string',
    default: 'standard',
    oneOf: sqlCompatibilities,
    doc: "Answers of SQL: standard, or ekuiper with all its accidents. A rule's option sqlCompatibility overrides it (docs/sql-differences.md).",
  },
  {
    path: 'basic.strictOptions',
    type: 'bool',
    default: false,
    doc: 'Calls are refused when something in them would have no effect (unknown names); and so is this file at the start.',
  },
  { path: 'basic.rulePatrolInterval', type: 'duration', default: 10_000, doc: 'How often schedules and failed rules are looked at.' },
  { path: 'basic.aesKey', type: 'string', default: undefined, secret: true, doc: 'Base64 key of sink encryption, 16, 24 or 32 bytes.' },
  { path: 'basic.gracefulShutdownTimeout', type: 'duration', default: 2_000, doc: 'Longest drain at a stop.' },
  { path: 'basic.ResourceProfileConfig.enable', type: 'bool', default: false, doc: 'Measure CPU time per rule.' },
  { path: 'basic.ResourceProfileConfig.interval', type: 'duration', default: 5_000, doc: 'Window of that measurement.' },
  { path: 'basic.metricsDumpConfig.enable', type: 'bool', default: false, doc: 'Write metrics to files.' },
  { path: 'basic.metricsDumpConfig.retainedDuration', type: 'duration', default: 6 * HOUR_MS, doc: 'Age at which such files are removed.' },
  { path: 'basic.enableRestAuditLog', type: 'bool', default: false, doc: 'Log each REST call.' },
  {
    path: 'basic.enablePrivateNet',
    type: 'bool',
    default: false,
    doc: 'Downloads and HTTP connectors may reach loopback and private addresses.',
  },
  {
    path: 'basic.allowExternalFileAccess',
    type: 'bool',
    default: false,
    doc: 'file:// in requests may point outside data/uploads; never to etc, databases, tokens or /proc.',
  },
  { path: 'basic.enableInstallScript', type: 'bool', default: false, doc: 'An install.sh in the archive of a plugin is run on install.' },
  {
    path: 'plugins.default',
    type: 'string',
    default: 'contained',
    oneOf: ['trusted', 'contained', 'restricted'],
    doc: 'How plugins run when no trust decision has been made for them (docs/plugins/isolation.md).',
  },
  {
    path: 'plugins.trust',
    type: 'string',
    default: 'marks',
    oneOf: ['marks', 'keys'],
    doc: 'keys: plugins with a valid signature of a key in etc/plugin-keys are trusted too.',
  },
  {
    path: 'plugins.socket',
    type: 'string',
    default: '',
    doc: 'Socket of systemd that starts plugin hosts; empty: the gateway starts them.',
  },
  {
    path: 'plugins.installer',
    type: 'string',
    default: '',
    doc: 'Socket of the installer that writes plugins/; empty: the gateway writes there itself.',
  },
  { path: 'plugins.maxMemory', type: 'int', default: 256, min: 96, doc: 'Memory of a plugin host, MB; its largest plugin is ended above.' },
  {
    path: 'store.maxQueueBytes',
    type: 'bytes',
    default: 4 * 1024 ** 3,
    doc: 'Durable queues of all sinks together hold at most so much; 0 = no bound.',
  },
  { path: 'store.minFreeBytes', type: 'bytes', default: 64 * 1000 ** 2, doc: 'Durable queues leave so much of the disk free.' },
  {
    path: 'store.reserveBytes',
    type: 'bytes',
    default: 1024 ** 2,
    doc: 'Kept back on the disk, so that rules can be deleted when it is full.',
  },
  {
    path: 'history.maxBytes',
    type: 'bytes',
    default: 512 * 1024 ** 2,
    min: 1024 ** 2,
    doc: 'Bound of the historian: above it the oldest goes, values before minutes before hours.',
  },
  { path: 'history.keepValues', type: 'duration', default: 7 * 24 * HOUR_MS, min: HOUR_MS, doc: 'Age at which single values are removed.' },
  {
    path: 'history.keepMinutes',
    type: 'duration',
    default: 90 * 24 * HOUR_MS,
    min: HOUR_MS,
    doc: 'Age at which sums by the minute are removed.',
  },
  {
    path: 'history.keepHours',
    type: 'duration',
    default: 730 * 24 * HOUR_MS,
    min: HOUR_MS,
    doc: 'Age at which sums by the hour are removed.',
  },
  { path: 'history.flushInterval', type: 'duration', default: 1000, min: 0, doc: 'Longest time that rows wait to be written together.' },
  { path: 'history.maxFields', type: 'int', default: 10_000, min: 1, doc: 'Fields of all series together.' },
  {
    path: 'source.httpServerIp',
    type: 'string',
    default: '127.0.0.1',
    doc: 'Address of the data server (httppush, websocket, trial results).',
  },
  { path: 'source.httpServerPort', type: 'port', default: 10081, doc: 'Port of the data server.' },
  { path: 'source.httpServerTls.certfile', type: 'string', default: undefined, doc: 'PEM certificate of the data server.' },
  { path: 'source.httpServerTls.keyfile', type: 'string', default: undefined, doc: 'PEM private key of the data server.' },
];

/** Top-level keys whose content is passed on under these spellings: defaults of rule options and of sink caches. */
export const passedSections = {
  rule: [
    'debug',
    'logFilename',
    'isEventTime',
    'lateTolerance',
    'concurrency',
    'bufferLength',
    'sendMetaToSink',
    'sendNilField',
    'sendError',
    'qos',
    'checkpointInterval',
    'restartStrategy',
    'disableBufferFullDiscard',
    'enableSaveStateBeforeStop',
    'expectEvery',
    'forceExitTimeout',
    'planOptimizeStrategy',
    'ackPolicy',
    'bufferFullPolicy',
    'cacheFullPolicy',
    'timezone',
    'windowOffset',
    'futureTolerance',
    'idleTimeout',
    'maxKeys',
    'keyTTL',
    'cron',
    'duration',
    'cronDatetimeRange',
    'notifySub',
    'experiment',
    'sqlCompatibility',
  ],
  sink: [
    'enableCache',
    'memoryCacheThreshold',
    'maxDiskCache',
    'maxDiskCacheBytes',
    'bufferPageSize',
    'resendInterval',
    'cleanCacheAtStop',
    'resendAlterQueue',
    'resendPriority',
    'resendIndicatorField',
    'resendDestination',
    'maxRetries',
    'maxCacheAge',
    'parkAfter',
    'maxParkedRows',
  ],
} as const;
