// The options of a rule, once: names, types, ranges, defaults, texts. options.ts parses by them; the page docs/reference/rules.md, the REST
// description and the warnings about unknown names are made from them. A new option is an entry here and a field of RuleOptions.
import { type SqlCompatibility, sqlCompatibilities } from '../base/sql-compatibility.ts';
import { MAX_BUFFER_ROWS, type OptionSpec } from '../contract/props.ts';

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
  /** Ours. Several gateways share the rule's input by partitions, each with the state of those that it reads. */
  spread: boolean;
  /** Ours. What a sink's full memory queue does: `wait` loses nothing; `dropOldest` is eKuiper's (counted). */
  bufferFullPolicy: 'wait' | 'dropOldest';
  /** Ours. What a full durable queue does. */
  cacheFullPolicy: 'dropOldest' | 'wait' | 'stop';
  /** Ours. Whose answers SQL gives; undefined: what basic.sqlCompatibility says. */
  sqlCompatibility: SqlCompatibility | undefined;
  /** Set by the service: the rule was stored by a version without this option and keeps eKuiper's answers until it is edited. */
  sqlKept: boolean;
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
}

const ONE_THREAD = 'the rows of a rule are evaluated in order on one thread, and nothing is discarded';

const restartFields: readonly OptionSpec[] = [
  {
    name: 'attempts',
    type: 'int',
    default: 0,
    doc: 'Tries after a failure; 0 = the rule stays stopped.',
    error: 'invalidRestartAttempts:restart attempts must be greater than 0',
  },
  {
    name: 'delay',
    as: 'delayMs',
    type: 'duration',
    default: 1000,
    doc: 'First pause.',
    error: 'invalidRestartDelay:restart delay must be greater than 0',
  },
  {
    name: 'maxDelay',
    as: 'maxDelayMs',
    type: 'duration',
    default: 30_000,
    doc: 'Longest pause.',
    error: 'invalidRestartMaxDelay:restart max delay must be greater than 0',
  },
  { name: 'multiplier', type: 'float', default: 2, doc: 'Growth of the pause; at least 1.' },
  { name: 'jitterFactor', type: 'float', default: 0.1, doc: 'Random share of the pause, from 0 to below 1.' },
];

export const ruleOptionSpecs: readonly OptionSpec[] = [
  { name: 'debug', type: 'bool', default: false, doc: 'Level debug for the lines of this rule, and failures of rows in the log.' },
  {
    name: 'logFilename',
    type: 'string',
    default: '',
    doc: 'The lines of the rule go to this file in the log folder as well: a plain name.',
    example: 'rule1.log',
  },
  { name: 'isEventTime', type: 'bool', default: false, doc: 'Windows follow the TIMESTAMP of the stream.' },
  {
    name: 'lateTolerance',
    as: 'lateToleranceMs',
    type: 'duration',
    default: 1000,
    min: 0,
    doc: 'How late a row may come with event time.',
    error: 'invalidLateTol:lateTolerance must be greater than 0',
  },
  {
    name: 'concurrency',
    type: 'int',
    default: 1,
    min: 0,
    doc: 'More than 1 is taken as 1, which health notes: the rows of a rule are evaluated one by one, so that they keep their order.',
    error: 'invalidConcurrency:concurrency must be greater than 0',
  },
  {
    name: 'bufferLength',
    type: 'int',
    default: 1024,
    min: 0,
    max: MAX_BUFFER_ROWS,
    doc: 'Rows that wait before a sink; then the sources are asked to wait. 0 counts as 1.',
    error: 'invalidBufferLength:bufferLength must be greater than 0',
  },
  { name: 'sendMetaToSink', type: 'bool', default: false, doc: 'Metadata of the message is sent with each result.' },
  { name: 'sendNilField', type: 'bool', default: false, doc: 'Columns without a value are sent as null.' },
  { name: 'sendError', type: 'bool', default: false, doc: 'Errors of rows are sent to the sinks.' },
  {
    name: 'qos',
    type: 'int',
    default: 0,
    min: 0,
    max: 2,
    clamps: true,
    doc: '1, 2: state survives a stop by the user, and checkpointInterval counts.',
  },
  {
    name: 'checkpointInterval',
    as: 'checkpointIntervalMs',
    type: 'duration',
    default: 300_000,
    min: 0,
    doc: 'Longest time between two checkpoints with qos above 0; never more than 15 s.',
    error: 'invalidCheckpointInterval:checkpointInterval must be greater than 0',
  },
  {
    name: 'restartStrategy',
    as: 'restart',
    type: 'object',
    default: { attempts: 0, delayMs: 1000, maxDelayMs: 30_000, multiplier: 2, jitterFactor: 0.1 },
    fields: restartFields,
    doc: 'Starts the rule again after a failure; attempts above 0 switches it on.',
    example: { attempts: 3, delay: '2s' },
  },
  {
    name: 'cron',
    type: 'string',
    default: '',
    doc: 'When the rule runs, with duration: five fields, or @every 1h, @hourly, @daily, @weekly, @monthly, @yearly.',
    example: '0 8 * * 1-5',
  },
  {
    name: 'duration',
    as: 'durationMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'How long a run lasts; without cron there is one run.',
    example: '1h',
  },
  {
    name: 'cronDatetimeRange',
    type: 'object[]',
    default: [],
    fields: [
      { name: 'begin', type: 'string', doc: 'Begin of the range.', example: '2026-01-31 08:00:00' },
      { name: 'end', type: 'string', doc: 'End of the range.', example: '2026-01-31 18:00:00' },
      { name: 'beginTimestamp', type: 'int', doc: 'The same in milliseconds since 1970.' },
      { name: 'endTimestamp', type: 'int', doc: 'The same in milliseconds since 1970.' },
    ],
    doc: 'Ranges in which the schedule counts.',
  },
  {
    name: 'planOptimizeStrategy',
    type: 'object',
    default: {},
    fields: [
      {
        name: 'optimizeControl',
        type: 'object',
        fields: [{ name: 'disableOptimizeRules', type: 'string[]', doc: 'Names of steps of the planner that are left out.' }],
        doc: 'Steps of the planner.',
      },
      {
        name: 'windowOption',
        type: 'object',
        fields: [
          { name: 'windowVersion', type: 'string', doc: 'v1 or v2: the order of rows and ends of a window.' },
          { name: 'enableSendSlidingWindowTwice', type: 'bool', doc: 'A sliding window with a delay is sent at both of its ends.' },
        ],
        doc: 'Behaviour of windows.',
      },
    ],
    doc: 'As in eKuiper, where it changes results.',
    advanced: true,
  },
  {
    name: 'notifySub',
    type: 'bool',
    default: false,
    doc: 'Accepted for eKuiper compatibility.',
    noEffect: 'a rule always learns when its subscriptions change',
    advanced: true,
  },
  {
    name: 'disableBufferFullDiscard',
    type: 'bool',
    default: false,
    doc: 'Accepted for eKuiper compatibility.',
    noEffect: ONE_THREAD,
    advanced: true,
  },
  { name: 'enableSaveStateBeforeStop', type: 'bool', default: false, doc: 'With qos above 0: a checkpoint at each stop.' },
  {
    name: 'forceExitTimeout',
    as: 'forceExitTimeoutMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Accepted for eKuiper compatibility.',
    noEffect: 'a stop never waits for a step that hangs',
    advanced: true,
  },
  {
    name: 'experiment',
    type: 'object',
    default: {},
    doc: 'Accepted for eKuiper compatibility.',
    noEffect: 'there are no experiments',
    advanced: true,
  },
  {
    name: 'expectEvery',
    as: 'expectEveryMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Messages of each source are due at least this often; longer silence is a problem of its health. 0 = not known.',
  },
  {
    name: 'ackPolicy',
    type: 'string',
    default: 'late',
    oneOf: ['late', 'early'],
    doc: 'When a message is confirmed to its peer: when it is safe, or at once as eKuiper does.',
  },
  {
    name: 'spread',
    type: 'bool',
    default: false,
    doc: 'Several gateways run the rule as one: they share its input by partitions (kafka), and the state of a partition moves with it.',
  },
  {
    name: 'bufferFullPolicy',
    type: 'string',
    default: 'wait',
    oneOf: ['wait', 'dropOldest'],
    doc: 'What a full queue in memory does: wait, or drop its oldest row (counted) as eKuiper does.',
  },
  {
    name: 'cacheFullPolicy',
    type: 'string',
    default: 'dropOldest',
    oneOf: ['dropOldest', 'wait', 'stop'],
    doc: 'What a full queue of a sink on disk does.',
  },
  {
    name: 'sqlCompatibility',
    type: 'string',
    oneOf: sqlCompatibilities,
    doc: 'Whose answers SQL gives: standard, or ekuiper with all its accidents. Not set: basic.sqlCompatibility.',
  },
  {
    name: 'timezone',
    as: 'timeZone',
    type: 'string',
    doc: 'IANA name: zone of windows, date functions and schedule of the rule. Not set: basic.timezone.',
    example: 'Europe/Berlin',
  },
  {
    name: 'windowOffset',
    as: 'windowOffsetMs',
    type: 'duration',
    default: 0,
    doc: 'Ends of tumbling and hopping windows are so much later on the wall clock: shifts 06, 14, 22 are 8 h and an offset of 6 h.',
  },
  {
    name: 'futureTolerance',
    as: 'futureToleranceMs',
    type: 'duration',
    default: 86_400_000,
    min: 0,
    doc: 'Event time: a row whose time is so much ahead of the clock is held out; 0 = none is.',
  },
  {
    name: 'idleTimeout',
    as: 'idleTimeoutMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Event time: a stream without rows for so long holds nobody back; 0 = never.',
  },
  {
    name: 'maxKeys',
    type: 'int',
    default: 1_000_000,
    min: 1,
    max: 10_000_000,
    doc: 'Keys that an operator keeps; rows of further keys are refused.',
  },
  { name: 'keyTTL', as: 'keyTtlMs', type: 'duration', default: 0, min: 0, doc: 'A key without a row for so long is forgotten; 0 = never.' },
];
