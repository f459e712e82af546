// Physical subscriptions, shared by all rules with equal type, datasource and properties (design §3). A source with a position of
// its own (file, simulator) gets one per rule, unless the stream is SHARED. Called by rule/rule-run.ts and by scan tables.
import { Budget, type BudgetLimits, within } from '../../base/budget.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { CONFIGURE_LIMIT_MS, withinLimit } from '../../base/limit.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { createDecompressor } from '../../codecs/compression.ts';
import type { Decoder } from '../../contract/codec.ts';
import { parseDurationMs, parseOptions } from '../../contract/props.ts';
import type { StreamSchema } from '../../contract/schema.ts';
import type { CloseReason, SourceDefinition } from '../../contract/source.ts';
import type { SpreadMember } from '../../contract/spread.ts';
import { isZoneName } from '../../data/datetime-civil.ts';
import type { SourceSpec } from '../definition.ts';
import { type Environment, loadCodec, loadSource } from '../environment.ts';
import type { SourcePool, Subscriber } from '../ports.ts';
import type { DecodePlan } from './decode-group.ts';
import { createEventTime, isExpression, pathOf, timestampUnit } from './event-time.ts';
import { commonSourceOptions } from './options.ts';
import { parsePayloadProps, withPayload } from './payload-decoder.ts';
import { SourceNode } from './source-node.ts';
import type { SourcePlan } from './source-plan.ts';
import { createStrictValidation } from './strict-validation.ts';

interface Entry {
  key: string;
  /** One for several rules. */
  shared: boolean;
  /** A member of a group of gateways: it leaves when its rule does. */
  member: boolean;
  node: SourceNode;
  ready: Promise<void>;
  users: number;
}

export function createSourcePool(env: Environment): SourcePool {
  const entries = new Map<string, Entry>();
  const closing = new Set<Promise<void>>();
  let pins = 0;
  let alone = 0;
  /** Kept open for rules that wait for their restart. */
  const waiting = new Map<string, Entry[]>();

  const closeEntry = (e: Entry, reason: CloseReason) => {
    if (entries.get(e.key) === e) entries.delete(e.key);
    const done = e.node.close(reason).finally(() => closing.delete(done));
    closing.add(done);
  };

  const release = (e: Entry, reason: CloseReason) => {
    if (--e.users > 0 || (pins > 0 && !e.member)) return;
    closeEntry(e, reason);
  };

  const enter = async (spec: SourceSpec, ruleId: string, member: SpreadMember | undefined): Promise<Entry> => {
    const definition = await loadSource(env, spec.type);
    const shared = !member && (definition.shareable || spec.shared === true);
    const key = shared ? keyOf(spec) : `${ruleId}#${alone++}`;
    const plan = entries.has(key) ? undefined : await planSource(env, spec, member);
    // looked up again: another rule may have been faster
    let e = entries.get(key);
    if (!e) {
      const node = new SourceNode(env, plan ?? (await planSource(env, spec, member)), shared ? '$$shared' : ruleId);
      e = { key, shared, member: member !== undefined, node, ready: Promise.resolve(node.configure()), users: 0 };
      entries.set(key, e);
    }
    e.users++;
    try {
      await e.ready;
    } catch (error) {
      release(e, 'stopped');
      throw error;
    }
    return e;
  };

  return {
    async subscribe(spec, subscriber, member) {
      const decode = await planDecode(env, spec, subscriber);
      const e = await enter(spec, subscriber.ruleId, member);
      const group = e.node.join(decode);
      const columns: string[] = [];
      let state: 'new' | 'begun' | 'closed' = 'new';
      return {
        node: e.node,
        group,
        slotOf(column) {
          columns.push(column);
          return group.layout.acquire(column);
        },
        begin() {
          if (state !== 'new') return 0;
          state = 'begun';
          return e.node.add(group, subscriber, () => state === 'begun');
        },
        close(reason = 'stopped', handOver) {
          if (state === 'closed') return;
          const begun = state === 'begun';
          if (handOver && begun && !member) e.node.handOver(subscriber.ruleId, handOver);
          state = 'closed';
          e.node.remove(group, subscriber);
          for (const c of columns) group.layout.release(c);
          e.node.leave(group);
          // a source with a position is opened anew at that of the checkpoint, where the state of the next run is
          if (handOver === 'recovery' && begun && e.shared && !e.node.hasOffset)
            waiting.set(subscriber.ruleId, [...(waiting.get(subscriber.ruleId) ?? []), e]);
          else release(e, reason);
        },
      };
    },
    async validate(spec) {
      const plan = await planSource(env, spec);
      await planDecode(env, spec, { columns: undefined, eventTime: false });
      await withinLimit(
        env.clock,
        CONFIGURE_LIMIT_MS,
        `source ${spec.type}`,
        plan.definition.create().configure?.(spec.datasource, spec.props),
      );
    },
    pin() {
      pins++;
    },
    async unpin(reason = 'stopped') {
      if (--pins > 0) return;
      for (const e of [...entries.values()]) if (e.users === 0) closeEntry(e, reason);
      await Promise.all(closing);
    },
    endHandover(ruleId) {
      for (const e of entries.values()) e.node.endHandover(ruleId);
      const kept = waiting.get(ruleId) ?? [];
      waiting.delete(ruleId);
      for (const e of kept) release(e, 'stopped');
    },
    nodes: () => [...entries.values()].map((e) => e.node),
  };
}

async function planSource(env: Environment, spec: SourceSpec, member?: SpreadMember): Promise<SourcePlan> {
  const found = await loadSource(env, spec.type);
  const definition = member ? spreadSource(found, member) : found;
  const intervalMs = spec.props['interval'] === undefined || spec.props['interval'] === '' ? 0 : readInterval(spec.props['interval']);
  const { mergeField } = commonOf(spec);
  if (mergeField && spec.props['merger']) throw new Error('mergeField and merger cannot set together');
  if (spec.props['merger']) {
    if (intervalMs <= 0) throw new Error('merger is set but rate limit is not required');
    throw new Error(`merger ${String(spec.props['merger'])} not found: mergers are Go plugins of eKuiper; mergeField merges by a field`);
  }
  if (mergeField && intervalMs > 0) {
    if (spec.format !== 'json') throw new Error(`format ${spec.format} does not support partial decode: mergeField is for json`);
    if (spec.props['payloadFormat']) throw new Error('mergeField and payloadFormat cannot be set together');
  }
  const pulls = intervalMs > 0 && typeof definition.create().pull === 'function';
  // options of plugins are their own affair; a built-in connector lists the `interval` that it treats itself
  const ownInterval =
    definition.ownInterval === true ||
    definition.options.length === 0 ||
    definition.options.some((o) => o.name.toLowerCase() === 'interval');
  return { spec, definition, mergeField, downsampleMs: !pulls && !ownInterval ? intervalMs : 0, pullIntervalMs: intervalMs };
}

/** @throws RULE_CANNOT_SPREAD */
function spreadSource(definition: SourceDefinition, member: SpreadMember): SourceDefinition {
  return {
    ...definition,
    create() {
      const source = definition.create();
      if (!source.spread)
        throw new GatewayError('RULE_CANNOT_SPREAD', {
          rule: member.ruleId,
          problem: `a source of type ${definition.name} has no partitions that gateways share; kafka has`,
        });
      source.spread(member);
      return source;
    },
  };
}

interface CommonProps {
  mergeField: string;
  hasHeader: boolean | undefined;
  useInt64ForWholeNumber: boolean;
  colAliasMapping: Record<string, string> | undefined;
  decompression: string;
}

/** `interval` has its own reader, with eKuiper's text. */
const parsedHere = commonSourceOptions.filter((o) => o.name !== 'interval');

/** @throws GatewayError CONNECTOR_OPTION */
function commonOf(spec: SourceSpec): CommonProps {
  return parseOptions<CommonProps>(`${spec.type} source`, parsedHere, spec.props);
}

/** @throws RUNTIME_UNKNOWN_FORMAT, or what the codec says of its options */
async function planDecode(env: Environment, spec: SourceSpec, reader: Pick<Subscriber, 'columns' | 'eventTime'>): Promise<DecodePlan> {
  const definition = await loadSource(env, spec.type);
  const timeEnv = { timeZone: zoneOf(spec) ?? env.settings.timeZone, clock: env.clock };
  const schema = usedFields(spec, reader);
  const strict = spec.strictValidation === true && schema !== undefined && schema.length > 0 && spec.format !== 'binary';
  // `rows` sources of plugins may give bytes as well; then the format is needed all the same
  const codec =
    definition.payload === 'bytes' || (spec.format !== '' && (await env.deps.codecs(spec.format)))
      ? await loadCodec(env, spec.format)
      : undefined;
  const common = commonOf(spec);
  const payload = parsePayloadProps(spec.props);
  const schemas = env.deps.schemas ? { schemas: env.deps.schemas } : {};
  const first = codec?.createDecoder({
    // with a second step the declared fields are those of its result
    ...(schema && !payload ? { schema } : {}),
    // by place: all of them, also those that nobody reads
    ...(spec.format === 'delimited' && spec.schema?.length && !payload ? { fields: spec.schema.map((f) => f.name) } : {}),
    ...(spec.schemaId ? { schemaId: spec.schemaId } : {}),
    ...(spec.delimiter ? { delimiter: spec.delimiter } : {}),
    ...(common.hasHeader === undefined ? {} : { hasHeader: common.hasHeader }),
    ...(common.useInt64ForWholeNumber ? { useInt64ForWholeNumber: true } : {}),
    ...(common.colAliasMapping ? { colAliasMapping: common.colAliasMapping } : {}),
    ...schemas,
  });
  const decoder =
    first && payload
      ? withPayload(first, payload, await loadCodec(env, payload.payloadFormat.toLowerCase()), {
          ...(schema ? { schema } : {}),
          ...schemas,
        })
      : first;
  const { timestamp } = spec;
  const evaluate =
    timestamp && isExpression(timestamp)
      ? (await import('./timestamp-expression.ts')).timestampExpression(timestamp, env, timeEnv)
      : timestamp && pathOf(timestamp);
  return {
    key: textOf([
      spec.format,
      spec.schemaId,
      spec.delimiter,
      common.decompression,
      schema && fieldsText(schema),
      strict,
      spec.timestamp,
      spec.timestampFormat,
      timeEnv.timeZone,
    ]),
    ofBytes: definition.payload === 'bytes',
    decoder: decompressed(common.decompression, decoder, env.settings.rowBudget),
    budget: env.settings.rowBudget,
    validate: strict
      ? createStrictValidation(schema, timeEnv, timestampUnit(spec.timestampFormat) ? undefined : spec.timestampFormat)
      : undefined,
    eventTime: spec.timestamp ? createEventTime(spec.timestamp, timeEnv, spec.timestampFormat, evaluate || undefined) : undefined,
  };
}

/** Property `decompression` of byte sources: payloads are unpacked before they are decoded. @throws for an unknown name */
function decompressed(name: string, decoder: Decoder | undefined, limits: BudgetLimits): Decoder | undefined {
  if (decoder === undefined || name === '') return decoder;
  const unpack = createDecompressor(name, 'message');
  const budget = new Budget('', limits);
  return { decode: (payload) => within(budget, 1, () => decoder.decode(unpack(payload))) };
}

/** Declared fields that a rule reads; all of them when rules share the stream. */
function usedFields(spec: SourceSpec, reader: Pick<Subscriber, 'columns' | 'eventTime'>): StreamSchema | undefined {
  const { columns } = reader;
  if (!spec.schema?.length || spec.shared || !columns) return spec.schema?.length ? spec.schema : undefined;
  const read = new Set(columns);
  const { timestamp = '' } = spec;
  const named = spec.schema.some((f) => f.name === timestamp);
  // a path or an expression reads the fields that it names
  const words = new Set(named ? [timestamp] : timestamp.match(/[\p{L}_][\p{L}\p{N}_]*/gu));
  return spec.schema.filter((f) => read.has(f.name) || words.has(f.name) || (!named && timestamp.includes(f.name)));
}

/** Property `timezone` of a stream (EXTRA or conf key): zone of times that name none. @throws for an unknown zone */
function zoneOf({ props }: SourceSpec): string | undefined {
  const zone = props['timezone'] ?? props['timeZone'];
  if (zone === undefined || zone === '') return undefined;
  if (typeof zone !== 'string' || !isZoneName(zone))
    throw new Error(`property timezone: ${String(zone)} is not a time zone such as "Europe/Berlin"`);
  return zone;
}

function readInterval(value: unknown): number {
  try {
    return parseDurationMs(value);
  } catch (error) {
    throw new Error(`property interval: ${messageOf(error)}`);
  }
}

/** Equal for streams that read from the same place. */
const keyOf = (spec: SourceSpec): string => textOf([spec.type, spec.datasource, sorted(spec.props)]);

/** Equal for fields that are read in the same way; short, however many they are. */
function fieldsText(schema: StreamSchema): string {
  const hash = nodeCrypto().createHash('sha256');
  for (const f of schema) {
    const scalar = f.type.kind !== 'array' && f.type.kind !== 'struct';
    hash.update(JSON.stringify(f.name));
    hash.update(scalar ? f.type.kind : textOf(f.type));
    hash.update(f.default === undefined ? ',' : `=${textOf(f.default)},`);
  }
  return hash.digest('base64');
}

const textOf = (value: unknown): string => JSON.stringify(value, (_k, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));

const sorted = (o: Readonly<Record<string, unknown>>) => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1));
