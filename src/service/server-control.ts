// The gateway as a whole: what `/` tells, settings that may change at run time, the wish to stop. The daemon gives the hooks.
import { totalmem } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { type OptionSpec, wrongValues } from '../contract/props.ts';
import type { Told } from '../contract/told.ts';

export interface ServerInfo {
  version: string;
  os: string;
  arch: string;
  upTimeSeconds: number;
  cpuUsage: string;
  memoryUsed: string;
  memoryTotal: string;
  /** Only in safe mode: why, and how to leave it. */
  safeMode?: string;
  /** Only when something needs attention: a damaged catalog that was set aside, … */
  problems?: string[];
  /** At the first start after an upgrade: defaults that changed. */
  changes?: string[];
  /** Only when the configuration asks for something that this version does not do. */
  notes?: string[];
}

export interface ServerControl {
  info(): ServerInfo;
  /** Members of PATCH /configs. @throws GatewayError SERVICE_REFUSED; nothing is changed then */
  configure(changes: Readonly<Record<string, unknown>>, told?: Told): void;
  /** Ends the process in an orderly way, after the answer is out. */
  stop(exitCode: number): void;
}

export interface ServerControlDeps {
  version: string;
  clock: Clock;
  log: Log;
  safeMode(): string | undefined;
  problems(): string[];
  /** Defaults that changed since the version that made the root. Absent: none. */
  changes?(): string[];
  setTimeZone(name: string): void;
  dumpMetrics?(on: boolean): void;
  /** What the configuration asks for and does not get. */
  notes?(): string[];
  stop(exitCode: number): void;
}

/** Members of PATCH /configs: settings that change at once, until the next start. */
export const configChanges: readonly OptionSpec[] = [
  { name: 'debug', type: 'bool', doc: 'true: level debug.' },
  {
    name: 'logLevel',
    type: 'string',
    oneOf: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic'],
    doc: 'Lowest level that is logged.',
  },
  { name: 'timezone', type: 'string', doc: 'IANA name of the zone of datetime values.', example: 'Europe/Berlin' },
  {
    name: 'metricsDumpConfig',
    type: 'object',
    fields: [{ name: 'enable', type: 'bool', required: true, doc: 'Write metrics to files.' }],
    doc: 'Metrics in files.',
  },
  { name: 'consoleLog', type: 'bool', doc: 'Log on the console.', noEffect: 'the gateway logs to standard output; journald keeps it' },
  {
    name: 'fileLog',
    type: 'bool',
    doc: 'Log into files.',
    noEffect: 'the gateway logs to standard output; logFilename of a rule makes a file of its own',
  },
];

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic'];

export function createServerControl({
  version,
  clock,
  log,
  safeMode,
  problems,
  changes,
  notes,
  setTimeZone,
  dumpMetrics,
  stop,
}: ServerControlDeps): ServerControl {
  const startMs = clock.monotonic();
  let last = { cpu: process.cpuUsage(), atMs: startMs };
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  return {
    info() {
      const nowMs = clock.monotonic();
      const used = process.cpuUsage(last.cpu);
      const spanMs = Math.max(1, nowMs - last.atMs);
      const percent = (used.user + used.system) / 10 / spanMs;
      if (spanMs > 1000) last = { cpu: process.cpuUsage(), atMs: nowMs };
      const found = problems();
      const news = changes?.() ?? [];
      const told = notes?.() ?? [];
      const safeReason = safeMode();
      return {
        version,
        os: process.platform,
        arch: process.arch === 'x64' ? 'amd64' : process.arch,
        upTimeSeconds: Math.floor((nowMs - startMs) / 1000),
        cpuUsage: `${percent.toFixed(2)}%`,
        memoryUsed: String(process.memoryUsage.rss()),
        memoryTotal: String(totalmem()),
        ...(safeReason === undefined ? {} : { safeMode: safeReason }),
        ...(found.length ? { problems: found } : {}),
        ...(news.length ? { changes: news } : {}),
        ...(told.length ? { notes: told } : {}),
      };
    },
    configure(changes) {
      if (changes['debug'] !== undefined && typeof changes['debug'] !== 'boolean')
        throw refuse(`debug: ${JSON.stringify(changes['debug'])} is not true or false`);
      const wrong = wrongValues(configChanges, changes)[0];
      if (wrong !== undefined && !/^(debug|logLevel|timezone):/.test(wrong)) throw refuse(wrong);
      const dump = (changes['metricsDumpConfig'] as { enable?: boolean } | undefined)?.enable;
      const level = changes['debug'] === true ? 'debug' : changes['logLevel'];
      if (level !== undefined && !(typeof level === 'string' && LEVELS.includes(level)))
        throw refuse(`logLevel: ${JSON.stringify(level)} is not one of ${LEVELS.join(', ')}`);
      const zone = changes['timezone'];
      if (zone !== undefined) {
        if (typeof zone !== 'string') throw refuse(`Invalid TZ: ${JSON.stringify(zone)}`);
        try {
          new Intl.DateTimeFormat('en', { timeZone: zone });
        } catch {
          throw refuse(`Invalid TZ: unknown time zone ${zone}`);
        }
        setTimeZone(zone);
      }
      if (dump !== undefined) dumpMetrics?.(dump);
      if (level !== undefined) log.setLevel((level === 'panic' ? 'fatal' : level) as LogLevel);
    },
    stop,
  };
}
