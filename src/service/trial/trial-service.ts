// Trial rules (POST /ruletest): a SELECT over mock data or live streams whose results go to an event stream. Not stored, not listed; ends
// by itself after 5 minutes. Run by the ordinary runtime under an id that no user's rule can have.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import type { Log } from '../../base/log.ts';
import type { OptionSpec } from '../../contract/props.ts';
import { newTold, settle, type Told, unknownNames } from '../../contract/told.ts';
import { inOurSpelling, untaken } from '../../contract/untaken.ts';
import type { RuleDefinition, RuleHandle, RuleOptions, Runtime, Span } from '../../runtime/index.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import type { LoadPlanning } from '../rules/planning.ts';
import type { RuleDraft } from '../rules/rule-json.ts';
import { type MockData, parseMockData, TRIAL } from './connector.ts';
import type { TrialHub } from './hub.ts';

export interface TrialService {
  /** Checks and makes a trial; one of the same id is ended. @param text JSON as posted  @returns its id */
  create(text: string, told?: Told): Promise<string>;
  /** A trial of a rule's own plan with its options, whose results and failures go to the hub instead of its sinks.
   *  @param seen gets what enters each node */
  shadow(id: string, rule: RuleDefinition, seen?: (span: Span) => void): Promise<void>;
  start(id: string): Promise<void>;
  /** Nothing happens when there is none. */
  stop(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface TrialDeps {
  runtime: Runtime;
  planning: LoadPlanning;
  hub: TrialHub;
  clock: Clock;
  log: Log;
}

/** The body of POST /ruletest. */
export const trialBody: readonly OptionSpec[] = [
  { name: 'id', type: 'string', doc: 'Name of the trial; not set: one is made.' },
  { name: 'sql', type: 'string', required: true, doc: 'SELECT over streams.', example: 'SELECT * FROM demo' },
  {
    name: 'mockSource',
    type: 'object',
    default: {},
    doc: 'By stream: data, interval in ms, loop.',
    example: { demo: { data: [{ a: 1 }], interval: 100, loop: true } },
  },
  { name: 'sinkProps', type: 'object', default: {}, doc: 'Common properties of sinks.', example: { sendSingle: true } },
];

const LIFETIME_MS = 5 * 60_000;

/** What a rule's own options must not do to one that only looks: wait for a schedule, write a log file, hold confirmations back, keep state. */
const SHADOW = {
  sendError: true,
  qos: 0,
  cron: '',
  durationMs: 0,
  cronDatetimeRange: [],
  logFilename: '',
  ackPolicy: 'early',
  spread: false,
  enableSaveStateBeforeStop: false,
} as const satisfies Partial<RuleOptions>;

interface Trial {
  handle: RuleHandle;
  timer: TimerHandle;
  /** Ends the record of its spans. */
  untap?: (() => void) | undefined;
}

export function createTrialService({ runtime, planning, hub, clock, log }: TrialDeps): TrialService {
  const all = new Map<string, Trial>();
  let count = 0;

  const end = async (id: string) => {
    const trial = all.get(id);
    if (!trial) return;
    all.delete(id);
    clock.clear(trial.timer);
    hub.forget(id);
    await trial.handle.delete();
    trial.untap?.();
  };
  const keep = (id: string, handle: RuleHandle, untap?: () => void) => {
    const timer = clock.setTimer(LIFETIME_MS, () => {
      end(id).catch((error: unknown) => log.warn({ trial: id, reason: messageOf(error) }, 'A trial rule did not end.'));
    });
    all.set(id, { handle, timer, untap });
  };
  return {
    async create(text, told = newTold()) {
      const { id, sql, mocks, sinkProps, ...found } = parseTrial(text, () => `trial_${clock.now().toString(36)}_${++count}`);
      const refuse = (why: string, cause?: unknown) =>
        new GatewayError('SERVICE_REFUSED', { text: `fail to run rule ${id.startsWith('trial_') ? '' : id}: ${why}` }, { cause });
      if (!/^\s*select\b/i.test(sql)) throw refuse(`SQL ${sql} is not a select statement.`);
      const props = { ...sinkProps, trialId: id };
      const draft: RuleDraft = {
        id: `${TRIAL}_${id}`,
        name: '',
        version: '',
        triggered: true,
        temp: true,
        tags: undefined,
        sql,
        graph: undefined,
        actions: [{ [TRIAL]: props }],
        options: { sendError: true },
        text,
        notes: [],
      };
      let handle: RuleHandle;
      try {
        const plan = await planning();
        const parsed = plan.parse(draft);
        const definition = plan.definition(parsed, plan.compile(parsed));
        const mocked = {
          ...definition,
          sources(name: string) {
            const spec = definition.sources(name);
            const mock = mocks.get(name);
            return mock ? { ...spec, type: TRIAL, shared: false, props: { mock }, datasource: '' } : spec;
          },
        };
        told.warnings.push(...found.told, ...(await runtime.validateRule({ ...mocked, streams: parsed.inputs })));
        settle(told);
        await end(id);
        handle = runtime.createRule(mocked);
      } catch (error) {
        throw refuse(messageOf(error), error);
      }
      keep(id, handle);
      return id;
    },
    async shadow(id, rule, seen) {
      await end(id);
      const own = `${TRIAL}_${id}`;
      const handle = runtime.createRule({
        ...rule,
        id: own,
        triggered: true,
        notes: [],
        options: { ...rule.options, ...SHADOW },
        actions: rule.actions.map(({ index }) => ({ type: TRIAL, index, props: { trialId: id, sendSingle: true } })),
      });
      const untap = seen && runtime.traces.tap(own, seen);
      if (seen) await handle.setTrace('always');
      keep(id, handle, untap);
    },
    async start(id) {
      const trial = all.get(id);
      if (!trial) throw new GatewayError('SERVICE_REFUSED', { text: `try to start test rule ${id} but it is not found` });
      trial.handle.start().catch((error: unknown) => hub.publish(id, messageOf(error)));
    },
    stop: end,
    async close() {
      await Promise.all([...all.keys()].map(end));
    },
  };
}

interface TrialRequest {
  id: string;
  sql: string;
  mocks: Map<string, MockData>;
  sinkProps: Record<string, unknown>;
  /** What of the request has no effect. */
  told: readonly string[];
}

function parseTrial(text: string, makeId: () => string): TrialRequest {
  const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: `fail to parse rule definition ${text}: ${why}` });
  let value: unknown;
  try {
    value = parseKeepingIntegers(text);
  } catch (error) {
    throw refuse(messageOf(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('expected a JSON object');
  const { told } = untaken('Member', 'the trial', trialBody, value as Record<string, unknown>);
  const { id, sql, mockSource, sinkProps } = inOurSpelling(trialBody, value as Record<string, unknown>);
  if (id !== undefined && typeof id !== 'string') throw refuse('id: expected a text');
  if (sql !== undefined && typeof sql !== 'string') throw refuse('sql: expected a text');
  try {
    for (const [name, mock] of Object.entries((mockSource ?? {}) as object))
      if (isRecord(mock))
        told.push(...unknownNames((n) => `Member "${n}" of mockSource.${name}`, Object.keys(mock), ['data', 'interval', 'loop']));
    const mocks = Object.entries((mockSource ?? {}) as object).map(([name, mock]) => [name, parseMockData(name, mock)] as const);
    return { id: id || makeId(), sql: sql ?? '', mocks: new Map(mocks), sinkProps: (sinkProps ?? {}) as Record<string, unknown>, told };
  } catch (error) {
    throw refuse(messageOf(error));
  }
}
