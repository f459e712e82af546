// The payload of Sparkplug B: protobuf bytes to metrics and back. The message is built from field numbers of the specification, since no generated code
// is needed for so few. Values: values.ts. Used by edge-node.ts and source.ts.
import protobuf from 'protobufjs';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Value } from '../../data/value.ts';
import { fieldsOf, metricValue } from './values.ts';

export interface Metric {
  readonly name?: string | undefined;
  readonly alias?: bigint | undefined;
  /** Number of the specification: values.ts. Missing in data messages. */
  readonly datatype?: number | undefined;
  /** Epoch ms. */
  readonly timestampMs?: number | undefined;
  readonly historical?: boolean;
  readonly value: Value;
  /** Property Quality; undefined: good. */
  readonly quality?: number | undefined;
}

export interface Payload {
  readonly timestampMs?: number | undefined;
  readonly seq?: number | undefined;
  readonly metrics: readonly Metric[];
}

type Field = [id: number, type: string, rule?: 'repeated'];
/** As in proto2 a field is there or not, whatever its value: a sequence number of 0 and a Boolean that is false are written. */
const message = (fields: Record<string, Field>): protobuf.IType => ({
  edition: 'proto2',
  fields: Object.fromEntries(Object.entries(fields).map(([name, [id, type, rule]]) => [name, { id, type, ...(rule ? { rule } : {}) }])),
});

const root = protobuf.Root.fromJSON({
  nested: {
    Payload: message({
      timestamp: [1, 'uint64'],
      metrics: [2, 'Metric', 'repeated'],
      seq: [3, 'uint64'],
      uuid: [4, 'string'],
      body: [5, 'bytes'],
    }),
    Metric: message({
      name: [1, 'string'],
      alias: [2, 'uint64'],
      timestamp: [3, 'uint64'],
      datatype: [4, 'uint32'],
      isHistorical: [5, 'bool'],
      isTransient: [6, 'bool'],
      isNull: [7, 'bool'],
      properties: [9, 'PropertySet'],
      intValue: [10, 'uint32'],
      longValue: [11, 'uint64'],
      floatValue: [12, 'float'],
      doubleValue: [13, 'double'],
      booleanValue: [14, 'bool'],
      stringValue: [15, 'string'],
      bytesValue: [16, 'bytes'],
      datasetValue: [17, 'DataSet'],
      templateValue: [18, 'Template'],
    }),
    PropertySet: message({ keys: [1, 'string', 'repeated'], values: [2, 'PropertyValue', 'repeated'] }),
    PropertyValue: message({
      type: [1, 'uint32'],
      isNull: [2, 'bool'],
      intValue: [3, 'uint32'],
      longValue: [4, 'uint64'],
      floatValue: [5, 'float'],
      doubleValue: [6, 'double'],
      booleanValue: [7, 'bool'],
      stringValue: [8, 'string'],
    }),
    DataSet: message({
      numOfColumns: [1, 'uint64'],
      columns: [2, 'string', 'repeated'],
      types: [3, 'uint32', 'repeated'],
      rows: [4, 'DataSetRow', 'repeated'],
    }),
    DataSetRow: message({ elements: [1, 'DataSetValue', 'repeated'] }),
    DataSetValue: message({
      intValue: [1, 'uint32'],
      longValue: [2, 'uint64'],
      floatValue: [3, 'float'],
      doubleValue: [4, 'double'],
      booleanValue: [5, 'bool'],
      stringValue: [6, 'string'],
    }),
    Template: message({
      version: [1, 'string'],
      metrics: [2, 'Metric', 'repeated'],
      parameters: [3, 'Parameter', 'repeated'],
      templateRef: [4, 'string'],
      isDefinition: [5, 'bool'],
    }),
    Parameter: message({
      name: [1, 'string'],
      type: [2, 'uint32'],
      intValue: [3, 'uint32'],
      longValue: [4, 'uint64'],
      floatValue: [5, 'float'],
      doubleValue: [6, 'double'],
      booleanValue: [7, 'bool'],
      stringValue: [8, 'string'],
    }),
  },
}).resolveAll();
const payloadType = root.lookupType('Payload');

interface LongClass {
  isLong(v: unknown): boolean;
  fromString(text: string, unsigned?: boolean): unknown;
}
const Long = protobuf.util.Long as unknown as LongClass;

/** A field of 64 bits as protobufjs gives it. */
export const bigOf = (v: unknown): bigint => BigInt(String(v));
const optional = <T>(object: Record<string, unknown>, key: string, to: (v: unknown) => T): T | undefined =>
  Object.hasOwn(object, key) && object[key] !== null && object[key] !== undefined ? to(object[key]) : undefined;

const QUALITY_GOOD = 192;
function qualityOf(properties: unknown): number | undefined {
  const { keys, values } = (properties ?? {}) as { keys?: string[]; values?: Record<string, unknown>[] };
  const at = keys?.findIndex((k) => k.toLowerCase() === 'quality') ?? -1;
  const given = at < 0 ? undefined : values?.[at];
  const code = given && (optional(given, 'intValue', Number) ?? optional(given, 'longValue', Number));
  return code === QUALITY_GOOD ? undefined : code;
}

function metricOf(
  m: Record<string, unknown>,
  typeOf: (m: { name?: string | undefined; alias?: bigint | undefined }) => number | undefined,
): Metric {
  const name = optional(m, 'name', String);
  const alias = optional(m, 'alias', bigOf);
  const datatype = optional(m, 'datatype', Number) || undefined;
  const type = datatype ?? typeOf({ name, alias });
  return {
    name,
    alias,
    datatype,
    timestampMs: optional(m, 'timestamp', Number),
    historical: m['isHistorical'] === true,
    value: m['isNull'] === true ? null : metricValue(m, type),
    quality: qualityOf(m['properties']),
  };
}

/** @param typeOf datatype of a metric that does not say it itself: what its birth said
 *  @throws rowError for bytes that are no payload */
export function decodePayload(
  bytes: Uint8Array,
  typeOf: (m: { name?: string | undefined; alias?: bigint | undefined }) => number | undefined = () => undefined,
): Payload {
  try {
    const p = payloadType.decode(bytes) as unknown as Record<string, unknown>;
    return {
      timestampMs: optional(p, 'timestamp', Number),
      seq: optional(p, 'seq', Number),
      metrics: ((p['metrics'] as Record<string, unknown>[] | undefined) ?? []).map((m) => metricOf(m, typeOf)),
    };
  } catch (error) {
    throw rowError(`not a Sparkplug B payload: ${messageOf(error)}`, 'DECODE_FAILED');
  }
}

const longOf = (v: bigint | number): unknown => Long.fromString(BigInt.asUintN(64, BigInt(v)).toString(), true);

export function encodePayload(p: Payload): Buffer {
  const metrics = p.metrics.map((m) => ({
    ...(m.name === undefined ? {} : { name: m.name }),
    ...(m.alias === undefined ? {} : { alias: longOf(m.alias) }),
    ...(m.timestampMs === undefined ? {} : { timestamp: longOf(Math.round(m.timestampMs)) }),
    ...(m.datatype === undefined ? {} : { datatype: m.datatype }),
    ...(m.historical ? { isHistorical: true } : {}),
    ...(m.value === null || m.value === undefined ? { isNull: true } : fieldsOf(m.value, m.datatype!, longOf)),
  }));
  const object = {
    ...(p.timestampMs === undefined ? {} : { timestamp: longOf(Math.round(p.timestampMs)) }),
    ...(p.seq === undefined ? {} : { seq: longOf(p.seq) }),
    metrics,
  };
  return Buffer.from(payloadType.encode(payloadType.create(object)).finish());
}
