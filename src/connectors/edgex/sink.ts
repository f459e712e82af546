// Sink edgex: an event of EdgeX for each item, one reading for each column, published over the connector mqtt: delivered when the broker confirms it.
import { randomUUID } from 'node:crypto';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import type { Row, Value } from '../../data/value.ts';
import { rowsOf } from '../batch-shared/payload.ts';
import { createMqttSink } from '../mqtt/sink.ts';
import { mqttProps, type SinkProps, sinkOptions } from './options.ts';
import { type Written, writeAs, writeValue } from './values.ts';

/** @source EdgeX 4, common.ApiVersion */
const API_VERSION = 'v3';
/** What eKuiper puts into the events that it makes. */
const EVENT_VERSION = 'v4';
const MAX_LEFT = 10;

const isObject = (v: Value): v is Row => typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array);
/** @returns {} for what is no object */
const membersOf = (v: Value): Row => (isObject(v) ? v : {});

export function createEdgexSink(): Sink {
  const bus = createMqttSink();
  let props: SinkProps;
  /** Columns that were left out, with the reason. */
  const left = new Map<string, string>();
  return {
    configure(raw) {
      props = parseOptions<SinkProps>('edgex sink', sinkOptions, raw);
      if (props.messageType === 'event' && props.contentType !== 'application/json')
        throw new Error(
          `specified wrong contentType value ${props.contentType}: only 'application/json' is supported if messageType is event`,
        );
      if (props.topic !== '' && props.topicPrefix !== '')
        throw new Error('not allow to specify both topic and topicPrefix, please set one only');
      const { connection, qos, retained } = mqttProps('edgex sink', props);
      // a topic of each event is what a message chooses: it is checked as one
      const topic = props.topicPrefix === '' ? props.topic || 'application' : '{{.topic}}';
      return bus.configure?.({ ...connection, qos, retained, topic });
    },
    open: (ctx, fail) => bus.open(ctx, fail),
    collect(ctx, data, _dynamic, atMs) {
      const event = eventOf(props, rowsOf(data), ctx.getRuleId(), atMs ?? ctx.clock.now(), left);
      const payload: Row = props.messageType === 'request' ? { apiVersion: API_VERSION, requestId: randomUUID(), event: event } : event;
      const message = encodeJson({
        apiVersion: API_VERSION,
        receivedTopic: '',
        correlationID: '',
        requestID: '',
        errorCode: 0n,
        payload,
        contentType: props.contentType,
      });
      if (props.topicPrefix === '') return bus.collect(ctx, message, undefined, atMs);
      const topic = [props.topicPrefix, ...['profileName', 'deviceName', 'sourceName'].map((n) => oneLevel(n, event[n]))].join('/');
      return bus.collect(ctx, message, { topic }, atMs);
    },
    notes: () => [
      ...(bus.notes?.() ?? []),
      ...(left.size === 0 ? [] : [`Columns were left out of events: ${[...left].map(([n, why]) => `${n} (${why})`).join(', ')}.`]),
    ],
    close: (ctx) => bus.close(ctx),
  };
}

/** A name that stands for one level of a topic. @throws rowError VALUE_REFUSED */
function oneLevel(property: string, name: Value): string {
  if (typeof name !== 'string' || name === '' || name.includes('/'))
    throw rowError(`property ${property}: "${String(name).slice(0, 80)}" is not one level of a topic`, 'VALUE_REFUSED');
  return name;
}

function eventOf(p: SinkProps, rows: readonly Row[], ruleId: string, atMs: number, left: Map<string, string>): Row {
  const given = p.metadata === '' ? {} : membersOf(rows.map((r) => r[p.metadata]).find(isObject));
  const text = (name: string, fallback: string): string => {
    const value = given[name];
    return typeof value === 'string' && value !== '' ? value : fallback;
  };
  const event: Row = {
    apiVersion: EVENT_VERSION,
    id: text('id', randomUUID()),
    deviceName: text('deviceName', p.deviceName),
    profileName: text('profileName', p.profileName),
    sourceName: text('sourceName', p.sourceName || ruleId),
    origin: originOf(given['origin'], atMs),
  };
  const readings: Row[] = [];
  for (const row of rows)
    for (const [name, value] of Object.entries(row)) {
      if (name === p.metadata || value === null || value === undefined) continue;
      const own = membersOf(given[name]);
      try {
        const type = own['valueType'];
        readings.push(readingOf(name, typeof type === 'string' ? writeAs(value, type) : writeValue(value), own, event, atMs));
      } catch (error) {
        if (left.size < MAX_LEFT) left.set(name, messageOf(error));
      }
    }
  if (readings.length === 0) throw rowError('the row has no column that makes a reading', 'VALUE_REFUSED');
  const tags = membersOf(given['tags']);
  return { ...event, readings, ...(Object.keys(tags).length > 0 ? { tags } : {}) };
}

const originOf = (value: Value | undefined, atMs: number): bigint =>
  typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.trunc(value)) : BigInt(Math.trunc(atMs)) * 1_000_000n;

function readingOf(name: string, written: Written, own: Row, event: Row, atMs: number): Row {
  const text = (member: string, fallback: Value): Value => (typeof own[member] === 'string' && own[member] !== '' ? own[member] : fallback);
  const reading: Row = {
    id: text('id', randomUUID()),
    origin: originOf(own['origin'], atMs),
    deviceName: text('deviceName', event['deviceName'] ?? ''),
    resourceName: name,
    profileName: text('profileName', event['profileName'] ?? ''),
    valueType: written.type,
  };
  if ('object' in written) return { ...reading, objectValue: written.object };
  if ('bytes' in written)
    return { ...reading, binaryValue: Buffer.from(written.bytes).toString('base64'), mediaType: text('mediaType', 'application/text') };
  return { ...reading, value: written.value };
}
