// Sink of both versions: rows → lines (line-protocol.ts) → requests of many lines (batch-shared), each answered before its rows count as
// delivered. Lines that the server does not take are found by halving, which does no harm: a line that is written twice replaces itself.

import { rowError } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { isDateTime, type Row, type Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { Batcher, unitsOf } from '../batch-shared/batcher.ts';
import { createHttpClient, type HttpClient, type TlsProps } from '../http-shared/client.ts';
import { writeLine } from './line-protocol.ts';
import type { InfluxProps } from './options.ts';
import { baseOf, checkAnswer, loginHeaders, ping, type Version, withCode, writeUrl } from './server.ts';

/** @source InfluxDB: at most 25 MB in a request (max-body-size), 5,000 to 10,000 lines recommended */
const MAX_BYTES = 4 * 1024 * 1024;
const NS_PER: Readonly<Record<string, bigint>> = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n };

export function createInfluxSink(version: Version, options: readonly OptionSpec[]): Sink {
  let props: InfluxProps;
  let base: URL;
  let textOf: (row: Row) => { measurement: string; tags: [string, string][] };
  let client: HttpClient | undefined;
  let batcher: Batcher<string>;
  const component = version === 1 ? 'influx sink' : 'influx2 sink';

  return {
    configure(raw) {
      props = parseOptions<InfluxProps>(component, options, raw);
      base = baseOf(props.addr);
      if (props.fields.length && props.excludeFields.length) throw new Error('fields and excludeFields cannot both be set');
      textOf = compileNames(props);
    },

    async open(ctx) {
      client = createHttpClient(props as unknown as TlsProps, ctx.network?.enablePrivateNet ?? false);
      try {
        await ping(client, base, props, ctx.signal);
      } catch (error) {
        throw withCode(error);
      }
      const url = writeUrl(version, base, props, unitOf(props));
      const headers = { 'content-type': 'text/plain; charset=utf-8', ...loginHeaders(version, props) };
      batcher = new Batcher({
        maxRows: props.maxRows,
        maxBytes: MAX_BYTES,
        write: (units) => send(ctx, url, headers, units.map((u) => u.sent).join('\n')),
      });
      ctx.status('connected');
    },

    collect(ctx, data, _dynamic, atMs) {
      const { units, refused } = unitsOf(data, (row, index) => {
        const line = lineOf(row, index, atMs ?? ctx.clock.now());
        return { sent: line, bytes: Buffer.byteLength(line) + 1 };
      });
      return batcher.add(units, refused);
    },

    close() {
      client?.close();
      client = undefined;
    },
  };

  async function send(ctx: ConnectorContext, url: string, headers: Record<string, string>, body: string): Promise<void> {
    if (!client) throw new Error('the sink is closed');
    const { status, body: answer } = await client.send({ method: 'post', url, headers, body, timeoutMs: props.timeoutMs }, ctx.signal);
    checkAnswer(status, answer, base.host);
  }

  function lineOf(row: Row, index: number, atMs: number): string {
    const { measurement, tags } = textOf(row);
    const fields = fieldsOf(row, props);
    const { tsFieldName } = props;
    if (tsFieldName !== '') return writeLine(measurement, tags, fields, stampOf(row[tsFieldName], tsFieldName, NS_PER[unitOf(props)]!));
    const atNs = BigInt(atMs) * 1_000_000n;
    // rows of one millisecond would replace each other: what is below the millisecond tells them apart, and is the same at every try
    if (props.precision === '') return writeLine(measurement, tags, fields, atNs + within(row, index));
    return writeLine(measurement, tags, fields, atNs / NS_PER[props.precision]!);
  }
}

/** Unit of the time stamps that are sent. */
const unitOf = (p: InfluxProps): string => p.precision || (p.tsFieldName === '' ? 'ns' : 'ms');

/** Nanoseconds below a millisecond that depend on the row and its place in the item. */
function within(row: Row, index: number): bigint {
  const hash = nodeCrypto().createHash('md5').update(encodeJson(row)).digest();
  return BigInt((hash.readUInt32LE(0) + index) % 1_000_000);
}

function fieldsOf(row: Row, { fields, excludeFields }: InfluxProps): readonly (readonly [string, Value])[] {
  if (fields.length) return fields.map((name) => [name, row[name]] as const);
  const all = Object.entries(row);
  return excludeFields.length ? all.filter(([name]) => !excludeFields.includes(name)) : all;
}

function stampOf(value: Value, name: string, nsPerUnit: bigint): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (isDateTime(value)) return value.epochNs / nsPerUnit;
  throw rowError(
    `time stamp field ${name}: ${value === undefined ? 'absent' : encodeJson(value)} is no whole number and no datetime`,
    'VALUE_REFUSED',
  );
}

/** Templates of measurement and tags are filled in for each row: rows of one list may go to different series. */
function compileNames(p: InfluxProps): (row: Row) => { measurement: string; tags: [string, string][] } {
  const engine = createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
  const part = (text: string): ((row: Row) => string) => (text.includes('{{') ? engine.compile(text) : () => text);
  const measurement = part(p.measurement);
  // the server sorts by key anyway: sorted tags spare it the work
  const tags = Object.entries(tagsOf(p))
    .map(([name, value]) => [name, part(String(value))] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return (row) => ({ measurement: measurement(row), tags: tags.map(([name, value]) => [name, value(row)]) });
}

/** @throws Error when tags are no object */
function tagsOf({ tags, tagKey, tagValue }: InfluxProps): Record<string, unknown> {
  let given: unknown = tags;
  if (typeof tags === 'string' && tags !== '') {
    try {
      given = JSON.parse(tags);
    } catch {
      given = undefined; // told below
    }
  } else if (tags === '') given = {};
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error('property tags must be an object of texts, or the JSON text of one');
  return { ...given, ...(tagKey ? { [tagKey]: tagValue ?? '' } : {}) };
}
