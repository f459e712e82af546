// Structured log: JSON lines on stdout, which systemd hands to journald. Constant sentence, data in fields:
// `log.warn({ code, rule, retryInMs }, 'Broker lost.')`. The same code (or sentence) of the same operator is written at most
// once in 10 s, with the count of what was held back. Secrets: callers mask; fields named like secrets are masked here again.

import { isSecretName, MASK, maskText } from './secrets.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What a line is about, by one name each: faults of different subjects do not hold each other back. A thing that has a name belongs here. */
const subjects = {
  rule: '',
  /** A source, an operator or a sink of the rule: `plant`, `2_filter`, `mqtt_0`. */
  op: '',
  stream: '',
  table: '',
  plugin: '',
  /** Name of a shared connection. */
  connection: '',
  /** Address of a broker or server. */
  server: '',
  topic: '',
  /** A line of devices, and one of the devices on it. */
  bus: '',
  unit: 0 as number | string,
  /** Serial port. */
  port: '' as number | string,
  /** Part of the gateway: `REST port`. */
  part: '',
  confKey: '',
  file: '',
  folder: '',
  place: '',
  /** One kind of failure of many at the same place. */
  kind: '',
};
type Subjects = typeof subjects;

/** Fields of a line. The subject by the names above; `cause`: why, in words; the rest is free. */
export type LogFields = { [K in keyof Subjects]?: Subjects[K] | undefined } & {
  /** Of the error catalogue: docs/errors.md says what to do. */
  code?: string;
  cause?: unknown;
} & { [free: string]: unknown };

const order: Record<LogLevel, number> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };
const SUPPRESS_MS = 10_000;
const MAX_KEYS = 1000;
/** Lines that are kept in memory, and the characters of one. */
const KEPT_LINES = 400;
const KEPT_CHARS = 1500;
const SUBJECTS = Object.keys(subjects) as (keyof Subjects)[];

export interface Log {
  readonly level: LogLevel;
  /** Test it outside the loop before logging per message. */
  readonly traceOn: boolean;
  trace(fields: LogFields, sentence: string): void;
  debug(fields: LogFields, sentence: string): void;
  info(fields: LogFields, sentence: string): void;
  warn(fields: LogFields, sentence: string): void;
  error(fields: LogFields, sentence: string): void;
  fatal(fields: LogFields, sentence: string): void;
  /** A log that adds these fields to every line. */
  child(fields: LogFields): Log;
  /** The same log with another lowest level. */
  atLevel(level: LogLevel): Log;
  setLevel(level: LogLevel): void;
  /** The latest lines, for GET /logs: those with a greater number. Absent where none are kept. */
  recent?(after: number): readonly KeptLine[];
}

export interface KeptLine {
  /** Counts up from 1. */
  number: number;
  /** JSON as it was written, cut. */
  line: string;
}

export interface LogOptions {
  level?: LogLevel;
  /** Receives one line without the line break. Default: stdout. */
  write?: (line: string) => void;
  now?: () => number;
}

export function createLog(options: LogOptions = {}): Log {
  const shared = {
    level: options.level ?? 'info',
    write: options.write ?? ((line: string) => void process.stdout.write(line + '\n')),
    now: options.now ?? Date.now,
    recent: new Map<string, { untilMs: number; held: number }>(),
    kept: { lines: [] as KeptLine[], written: 0 },
  };
  return make(shared, {});
}

type Shared = {
  level: LogLevel;
  write: (line: string) => void;
  now: () => number;
  recent: Map<string, { untilMs: number; held: number }>;
  kept: { lines: KeptLine[]; written: number };
};

function make(shared: Shared, base: LogFields): Log {
  const put = (level: LogLevel, fields: LogFields, sentence: string) => {
    if (order[level] < order[shared.level]) return;
    const all = { ...base, ...fields };
    const nowMs = shared.now();
    let suppressed: number | undefined;
    if (level === 'warn' || level === 'error') {
      const key = `${all['code'] ?? sentence}|${SUBJECTS.map((name) => all[name] ?? '').join('|')}`;
      const seen = shared.recent.get(key);
      // a clock that was set back (NTP) must not hold lines back until it has caught up
      if (seen && nowMs < seen.untilMs && nowMs >= seen.untilMs - SUPPRESS_MS) {
        seen.held++;
        return;
      }
      if (seen?.held) suppressed = seen.held;
      shared.recent.delete(key);
      shared.recent.set(key, { untilMs: nowMs + SUPPRESS_MS, held: 0 });
      if (shared.recent.size > MAX_KEYS) shared.recent.delete(shared.recent.keys().next().value!);
    }
    const line: LogFields = { time: new Date(nowMs).toISOString(), level, msg: sentence, ...all };
    if (suppressed) line['suppressed'] = suppressed;
    const text = JSON.stringify(line, replace);
    const { kept } = shared;
    kept.lines.push({ number: ++kept.written, line: text.slice(0, KEPT_CHARS) });
    if (kept.lines.length > KEPT_LINES) kept.lines.shift();
    shared.write(text);
  };
  return {
    get level() {
      return shared.level;
    },
    get traceOn() {
      return shared.level === 'trace';
    },
    trace: (f, s) => put('trace', f, s),
    debug: (f, s) => put('debug', f, s),
    info: (f, s) => put('info', f, s),
    warn: (f, s) => put('warn', f, s),
    error: (f, s) => put('error', f, s),
    fatal: (f, s) => put('fatal', f, s),
    child: (fields) => make(shared, { ...base, ...fields }),
    atLevel: (level) => make({ ...shared, level }, base),
    setLevel(level) {
      shared.level = level;
    },
    recent: (after) => shared.kept.lines.filter((k) => k.number > after),
  };
}

function replace(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return replace(key, value.message);
  if (typeof value !== 'string' || value === '') return value;
  if (key === 'payload') return value; // rows of a rule: data that the user asked to have logged
  return isSecretName(key) ? MASK : maskText(value);
}

/** A log that keeps lines in memory, for tests. */
export function createMemoryLog(level: LogLevel = 'trace'): { log: Log; lines: LogFields[] } {
  const lines: LogFields[] = [];
  return { lines, log: createLog({ level, write: (line) => void lines.push(JSON.parse(line) as LogFields) }) };
}
