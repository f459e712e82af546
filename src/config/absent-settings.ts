// Settings of eKuiper that this version does not have, with what to do instead. A file of eKuiper can be taken over as it is: what it asks for and does not
// get is named at the start, in the log and in GET /. Read by load-settings.ts; a setting that gets built moves to setting-specs.ts.

export interface AbsentSetting {
  readonly path: string;
  /** Values that ask for nothing. */
  readonly fine: readonly unknown[];
  readonly why: string;
}

const ROTATION = 'log files of rules are rotated by size: basic.rotateSize, basic.rotateCount; the log itself is kept by journald';
const OWN_STORE = 'the gateway stores in SQLite files below data/';

export const absentSettings: readonly AbsentSetting[] = [
  { path: 'basic.consoleLog', fine: [true], why: 'the log always goes to standard output' },
  {
    path: 'basic.fileLog',
    fine: [false],
    why: 'the log goes to standard output, which journald keeps; logFilename of a rule makes a file of its own',
  },
  { path: 'basic.logDisableTimestamp', fine: [false], why: 'each line has its time' },
  {
    path: 'basic.syslog.enable',
    fine: [false],
    why: 'the log goes to standard output; journald forwards it to syslog (ForwardToSyslog=yes)',
  },
  { path: 'basic.rotateTime', fine: [24], why: ROTATION },
  { path: 'basic.maxAge', fine: [72], why: ROTATION },
  { path: 'basic.ip', fine: ['0.0.0.0', '127.0.0.1', 'localhost'], why: 'the command line talks REST: basic.restIp' },
  { path: 'basic.port', fine: [20498], why: 'the command line talks REST: basic.restPort' },
  { path: 'basic.pprof', fine: [false], why: 'there is no profiler of Go' },
  { path: 'basic.enableOpenZiti', fine: [false], why: 'OpenZiti is not supported' },
  { path: 'basic.connection', fine: [], why: 'connections are tried again with growing pauses of our own' },
  { path: 'basic.cfgStorageType', fine: ['file', 'sqlite', 'kv', ''], why: OWN_STORE },
  {
    path: 'basic.pluginHosts',
    fine: ['https://packages.emqx.net', 'https://packages.emqx.io', ''],
    why: 'plugins that can be downloaded there are Go libraries; drop a .ts file into plugins/ instead',
  },
  { path: 'basic.sql.maxConnections', fine: [0], why: 'each source, sink and lookup table has one connection to its database' },
  { path: 'store.type', fine: ['sqlite', ''], why: OWN_STORE },
  { path: 'store.extStateType', fine: ['sqlite', ''], why: OWN_STORE },
  { path: 'portable.initTimeout', fine: [], why: 'a portable plugin has 30 s to start' },
  { path: 'portable.sendTimeout', fine: [], why: 'a portable plugin has 10 s to take a command, 5 s for a call of a function' },
  { path: 'portable.recvTimeout', fine: [], why: 'a portable plugin has 10 s to take a command, 5 s for a call of a function' },
  { path: 'openTelemetry.enableRemoteCollector', fine: [false], why: 'traces are not sent to a collector' },
  { path: 'connection', fine: [], why: 'connections are tried again with growing pauses of our own' },
  {
    path: 'security',
    fine: [],
    why: 'there are no TLS profiles; certificates are properties of the connections (certificationPath, privateKeyPath, rootCaPath)',
  },
  { path: 'hack', fine: [], why: 'there is nothing of that kind' },
  { path: 'wasm', fine: [], why: 'WebAssembly is not supported' },
];

/** Keys that only say more about one of them. */
const theirDetails: readonly string[] = [
  'basic.syslog',
  'basic.pprofIp',
  'basic.pprofPort',
  'openTelemetry',
  'store.redis',
  'store.sqlite',
  'store.fdb',
  'store.pebble',
];

/** Keys of eKuiper's kuiper.yaml that mean nothing here, so that a file can be taken over. */
export const ignoredPaths: readonly string[] = [...absentSettings.map((s) => s.path), ...theirDetails];
