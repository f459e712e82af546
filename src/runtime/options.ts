// Rule options (rules.md 1.1) as typed settings with units, and their parser. The service parses once per rule; the planner and the
// runtime read the result. Error texts of the checks are eKuiper's.

import { GatewayError } from '../base/errors/gateway-error.ts';
import { shownValue } from '../base/shown.ts';
import { type SqlCompatibility, sqlCompatibilities } from '../base/sql-compatibility.ts';
import { parseDurationMs } from '../contract/props.ts';
import { isZoneName } from '../data/datetime-civil.ts';

export interface DatetimeRange {
  beginMs: number;
  endMs: number;
  /** Set for texts: they are wall times, of which `beginMs` and `endMs` are the moments in the zone of the process, as eKuiper reads them. */
  wall?: { begin: string; end: string };
}

export interface RuleOptions {
  debug: boolean;
  logFilename: string;
  isEventTime: boolean;
  lateToleranceMs: number;
  concurrency: number;
  /** Rows that wait before a sink; then the source is asked to wait. */
  bufferLength: number;
  sendMetaToSink: boolean;
  sendNilField: boolean;
  sendError: boolean;
  qos: 0 | 1 | 2;
  checkpointIntervalMs: number;
  /** attempts > 0 switches automatic restart on, as in eKuiper; the pauses are ours. */
  restart: { attempts: number; delayMs: number; maxDelayMs: number; multiplier: number; jitterFactor: number };
  cron: string;
  /** 0 = none */
  durationMs: number;
  cronDatetimeRange: readonly DatetimeRange[];
  planOptimizeStrategy: Readonly<Record<string, unknown>>;
  notifySub: boolean;
  disableBufferFullDiscard: boolean;
  enableSaveStateBeforeStop: boolean;
  forceExitTimeoutMs: number;
  experiment: Readonly<Record<string, unknown>>;
  /** Ours. Messages of each source are due at least this often; longer silence is a problem of its health. 0 = not known. */
  expectEveryMs: number;
  /** Ours. `late`: the peer of a source gets its confirmation when the message is safe; `early`: at once, as in eKuiper. */
  ackPolicy: 'late' | 'early';
  /** Ours. What a sink's full memory queue does: `wait` loses nothing; `dropOldest` is eKuiper's (counted). */
  bufferFullPolicy: 'wait' | 'dropOldest';
  /** Ours. What a full durable queue does. */
  cacheFullPolicy: 'dropOldest' | 'wait' | 'stop';
  /** Ours. Whose answers SQL gives; undefined: what basic.sqlCompatibility says. */
  sqlCompatibility: SqlCompatibility | undefined;
  /** Ours. IANA name: zone of the rule's windows, date functions and schedule; undefined: basic.timezone. */
  timeZone: string | undefined;
  /** Ours. Ends of tumbling and hopping windows are so much later on the wall clock: shifts 06–14–22 are 8 h and an offset of 6 h. */
  windowOffsetMs: number;
  /** Ours. Event time: a row whose time is so much ahead of the clock is held out; 0 = none is. */
  futureToleranceMs: number;
  /** Ours. Event time: a stream without rows for so long holds nobody back, and time goes on with the clock; 0 = never. */
  idleTimeoutMs: number;
  /** Ours. Keys that an operator keeps; rows of further keys are refused. */
  maxKeys: number;
  /** Ours. A key without a row for so long is forgotten; 0 = never. */
  keyTtlMs: number;
  /** Set by the service: the rule was stored by a version without this option and keeps eKuiper's answers until it is edited. */
  sqlKept: boolean;
}

export function defaultRuleOptions(): RuleOptions {
  return {
    debug: false,
    logFilename: '',
    isEventTime: false,
    lateToleranceMs: 1000,
    concurrency: 1,
    bufferLength: 1024,
    sendMetaToSink: false,
    sendNilField: false,
    sendError: false,
    qos: 0,
    checkpointIntervalMs: 300_000,
    restart: { attempts: 0, delayMs: 1000, maxDelayMs: 30_000, multiplier: 2, jitterFactor: 0.1 },
    cron: '',
    durationMs: 0,
    cronDatetimeRange: [],
    planOptimizeStrategy: {},
    notifySub: false,
    disableBufferFullDiscard: false,
    enableSaveStateBeforeStop: false,
    forceExitTimeoutMs: 0,
    experiment: {},
    expectEveryMs: 0,
    ackPolicy: 'late',
    bufferFullPolicy: 'wait',
    cacheFullPolicy: 'dropOldest',
    sqlCompatibility: undefined,
    timeZone: undefined,
    windowOffsetMs: 0,
    futureToleranceMs: 86_400_000,
    idleTimeoutMs: 0,
    maxKeys: 1_000_000,
    keyTtlMs: 0,
    sqlKept: false,
  };
}

/** Parses the `options` object of a rule over defaults (kuiper.yaml `rule`). Unknown names are ignored, as in eKuiper.
 *  @throws GatewayError RULE_INVALID_OPTIONS naming every bad option */
export function parseRuleOptions(
  ruleId: string,
  raw: Readonly<Record<string, unknown>> | undefined,
  defaults = defaultRuleOptions(),
): RuleOptions {
  const o: RuleOptions = { ...defaults, restart: { ...defaults.restart } };
  if (!raw) return o;
  const problems: string[] = [];
  const take = <T>(name: string, convert: (v: unknown) => T, set: (v: T) => void, from: Readonly<Record<string, unknown>> = raw) => {
    const v = from[name];
    if (v === undefined || v === null) return;
    try {
      set(convert(v));
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  };
  take('debug', toBool, (v) => (o.debug = v));
  take('logFilename', toFileName, (v) => (o.logFilename = v));
  take('isEventTime', toBool, (v) => (o.isEventTime = v));
  take('lateTolerance', parseDurationMs, (v) => (o.lateToleranceMs = v));
  take('concurrency', toInt, (v) => (o.concurrency = v));
  take('bufferLength', toInt, (v) => (o.bufferLength = v));
  take('sendMetaToSink', toBool, (v) => (o.sendMetaToSink = v));
  take('sendNilField', toBool, (v) => (o.sendNilField = v));
  take('sendError', toBool, (v) => (o.sendError = v));
  take('qos', toQos, (v) => (o.qos = v));
  take('checkpointInterval', parseDurationMs, (v) => (o.checkpointIntervalMs = v));
  take('restartStrategy', toObject, (r) => {
    take('attempts', toInt, (v) => (o.restart.attempts = v), r);
    take('delay', parseDurationMs, (v) => (o.restart.delayMs = v), r);
    take('maxDelay', parseDurationMs, (v) => (o.restart.maxDelayMs = v), r);
    take('multiplier', toNumber, (v) => (o.restart.multiplier = v), r);
    take('jitterFactor', toNumber, (v) => (o.restart.jitterFactor = v), r);
  });
  take('cron', toText, (v) => (o.cron = v.trim()));
  take(
    'duration',
    (v) => (v === '' ? 0 : parseDurationMs(v)),
    (v) => (o.durationMs = v),
  );
  take('cronDatetimeRange', toRanges, (v) => (o.cronDatetimeRange = v));
  take('planOptimizeStrategy', toObject, (v) => (o.planOptimizeStrategy = v));
  take('notifySub', toBool, (v) => (o.notifySub = v));
  take('disableBufferFullDiscard', toBool, (v) => (o.disableBufferFullDiscard = v));
  take('enableSaveStateBeforeStop', toBool, (v) => (o.enableSaveStateBeforeStop = v));
  take('forceExitTimeout', parseDurationMs, (v) => (o.forceExitTimeoutMs = v));
  take('experiment', toObject, (v) => (o.experiment = v));
  take('expectEvery', toInterval, (v) => (o.expectEveryMs = v));
  take('ackPolicy', oneOf('late', 'early'), (v) => (o.ackPolicy = v));
  take('bufferFullPolicy', oneOf('wait', 'dropOldest'), (v) => (o.bufferFullPolicy = v));
  take('cacheFullPolicy', oneOf('dropOldest', 'wait', 'stop'), (v) => (o.cacheFullPolicy = v));
  take('sqlCompatibility', oneOf(...sqlCompatibilities), (v) => (o.sqlCompatibility = v));
  // eKuiper's names are written either way
  for (const name of ['timezone', 'timeZone']) take(name, toZone, (v) => (o.timeZone = v));
  take('windowOffset', parseDurationMs, (v) => (o.windowOffsetMs = v));
  take('futureTolerance', notNegative, (v) => (o.futureToleranceMs = v));
  take('idleTimeout', notNegative, (v) => (o.idleTimeoutMs = v));
  take('maxKeys', toCount, (v) => (o.maxKeys = v));
  take('keyTTL', notNegative, (v) => (o.keyTtlMs = v));
  // eKuiper's own checks and texts
  if (o.lateToleranceMs < 0) problems.push('invalidLateTol:lateTolerance must be greater than 0');
  if (o.concurrency < 0) problems.push('invalidConcurrency:concurrency must be greater than 0');
  if (o.bufferLength < 0) problems.push('invalidBufferLength:bufferLength must be greater than 0');
  if (o.checkpointIntervalMs < 0) problems.push('invalidCheckpointInterval:checkpointInterval must be greater than 0');
  if (o.restart.attempts < 0) problems.push('invalidRestartAttempts:restart attempts must be greater than 0');
  if (o.restart.delayMs < 0) problems.push('invalidRestartDelay:restart delay must be greater than 0');
  if (o.restart.maxDelayMs < 0) problems.push('invalidRestartMaxDelay:restart max delay must be greater than 0');
  if (o.restart.multiplier < 1 && o.restart.attempts > 0)
    problems.push('invalidRestartMultiplier:restart multiplier must be greater than 0');
  if (o.restart.jitterFactor < 0 || o.restart.jitterFactor >= 1)
    problems.push('invalidRestartJitterFactor:restart jitterFactor must between [0, 1)');
  if (problems.length) throw new GatewayError('RULE_INVALID_OPTIONS', { rule: ruleId, problems: problems.join('\n') });
  if (o.concurrency === 0) o.concurrency = 1;
  if (o.bufferLength === 0) o.bufferLength = 1;
  return o;
}

const shown = shownValue;

function toBool(v: unknown): boolean {
  if (typeof v !== 'boolean') throw new Error(`${shown(v)} is not true or false`);
  return v;
}

/** A pause of nothing would always be too long. */
function toInterval(v: unknown): number {
  const ms = parseDurationMs(v);
  if (ms !== 0 && ms < 1000) throw new Error(`${shown(v)} is shorter than a second; 0 means that nothing is expected`);
  return ms;
}

function toText(v: unknown): string {
  if (typeof v !== 'string') throw new Error(`${shown(v)} is not a text`);
  return v;
}

/** A file in the log folder, nowhere else. */
function toFileName(v: unknown): string {
  const name = toText(v);
  if (name !== '' && !/^(?!\.)[\w.@ -]{1,100}$/.test(name))
    throw new Error(`${shown(v)} is not the plain name of a file, such as "rule1.log"`);
  return name;
}

function toZone(v: unknown): string {
  const name = toText(v);
  if (!isZoneName(name)) throw new Error(`${shown(v)} is not a time zone such as "Europe/Berlin"`);
  return name;
}

function notNegative(v: unknown): number {
  const ms = parseDurationMs(v);
  if (ms < 0) throw new Error(`${shown(v)} is negative`);
  return ms;
}

function toCount(v: unknown): number {
  const n = toInt(v);
  if (n < 1) throw new Error(`${shown(v)} is less than 1`);
  return n;
}

function toNumber(v: unknown): number {
  if (typeof v !== 'number' || !Number.isFinite(v)) throw new Error(`${shown(v)} is not a number`);
  return v;
}

function toInt(v: unknown): number {
  const n = toNumber(v);
  if (!Number.isInteger(n)) throw new Error(`${shown(v)} is not a whole number`);
  return n;
}

/** eKuiper takes any whole number (recorded): below 0 counts as 0, above 2 as 2. */
function toQos(v: unknown): 0 | 1 | 2 {
  return Math.min(2, Math.max(0, toInt(v))) as 0 | 1 | 2;
}

function toObject(v: unknown): Record<string, unknown> {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) throw new Error(`${shown(v)} is not an object`);
  return v as Record<string, unknown>;
}

function oneOf<T extends string>(...allowed: T[]): (v: unknown) => T {
  return (v) => {
    if (!allowed.includes(v as T)) throw new Error(`${shown(v)} is not one of ${allowed.join(', ')}`);
    return v as T;
  };
}

function toRanges(v: unknown): DatetimeRange[] {
  if (!Array.isArray(v)) throw new Error(`${shown(v)} is not a list of {begin, end}`);
  return v.map((entry, i) => {
    const r = toObject(entry);
    if (typeof r['beginTimestamp'] === 'number' && typeof r['endTimestamp'] === 'number' && (r['beginTimestamp'] || r['endTimestamp']))
      return { beginMs: r['beginTimestamp'], endMs: r['endTimestamp'] };
    const [begin, end] = [r['begin'], r['end']];
    const range = { beginMs: toMoment(begin, `[${i}].begin`), endMs: toMoment(end, `[${i}].end`) };
    return { ...range, wall: { begin: begin as string, end: end as string } };
  });
}

/** `YYYY-MM-DD hh:mm:ss` in the zone of the process, as eKuiper reads it; schedule.ts reads it in the rule's zone. */
function toMoment(v: unknown, what: string): number {
  const m = typeof v === 'string' ? /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(v) : null;
  if (!m) throw new Error(`${what}: ${shown(v)} is not a moment like "2026-01-31 08:00:00"`);
  return new Date(Number(m[1]), Number(m[2]) - 1, Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6])).getTime();
}
