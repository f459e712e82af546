// Sink amqp: each row is a message, delivered when the broker confirmed it: it is in the queues that take it, on disk where they are durable. A row that
// no queue takes comes back and is set aside alone.
import { createHash } from 'node:crypto';
import type { ConfirmChannel } from 'amqplib';
import { ioError, isRetriable, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { parseOptions } from '../../contract/props.ts';
import { rowsRefused, type Sink } from '../../contract/sink.ts';
import type { Row, Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { rowsOf } from '../batch-shared/payload.ts';
import { tlsMaterial } from '../net-shared/tls.ts';
import { type AmqpLink, addressOf, connectAmqp } from './connect.ts';
import { type AmqpSinkProps, sinkOptions } from './options.ts';

/** @source AMQP 0.9.1: a short string has one byte for its length */
const MAX_KEY_BYTES = 255;
/** A broker that is short of memory or disk reads no further and says nothing. */
const ANSWER_MS = 15_000;

interface Message {
  key: string;
  data: Buffer;
  id: string;
  headers: Record<string, string>;
}

export function createAmqpSink(): Sink {
  let props: AmqpSinkProps;
  let messageFor: (row: Row, atMs: number, index: number) => Message;
  let link: AmqpLink<ConfirmChannel> | undefined;
  let fail: (error: Error) => void;
  /** Messages under way, by id: a returned one is told of before it is confirmed. */
  const waiting = new Map<string, Waiting>();

  return {
    configure(raw) {
      props = parseOptions<AmqpSinkProps>('amqp sink', sinkOptions, raw);
      if (props.fields.length && props.excludeFields.length) throw new Error('fields and excludeFields cannot both be set');
      addressOf(props);
      tlsMaterial(props);
      messageFor = compileMessage(props);
    },
    async open(ctx, lost) {
      const end = (error: Error) => {
        const all = [...waiting.values()];
        waiting.clear();
        for (const w of all) w.reject(ioError(messageOf(error), error));
      };
      fail = (error) => {
        end(error);
        lost(error);
      };
      link = await connectAmqp(ctx, props, (c) => openChannel(c.createConfirmChannel()), fail);
      link.channel.on('return', (m: { fields: { replyText?: string }; properties: { messageId?: string } }) => {
        const found = waiting.get(String(m.properties.messageId));
        if (found) found.returned = m.fields.replyText ?? 'NO_ROUTE';
      });
      ctx.status('connected');
    },
    async collect(ctx, data, _dynamic, atMs) {
      const rows = rowsOf(data);
      const results = await Promise.allSettled(rows.map(async (row, index) => publish(messageFor(row, atMs ?? ctx.clock.now(), index))));
      const errors = results.map((r) => (r.status === 'rejected' ? (r.reason as unknown) : undefined));
      const away = errors.find(isRetriable);
      if (away) throw away;
      const refused = rows.filter((_row, i) => errors[i] !== undefined);
      const why = errors.find((e) => e !== undefined);
      if (refused.length === 0) return;
      if (refused.length === rows.length) throw why;
      throw rowsRefused(`${refused.length} of ${rows.length} rows: ${messageOf(why)}`, refused, why);
    },
    async close() {
      const old = link;
      link = undefined;
      for (const w of waiting.values()) w.reject(ioError('the sink is closed'));
      waiting.clear();
      await old?.close();
    },
  };

  async function openChannel(opening: Promise<ConfirmChannel>): Promise<ConfirmChannel> {
    const channel = await opening;
    // an exchange that is missing is told of here and not by a lost channel with the first row
    channel.on('error', () => undefined);
    if (props.exchange) await channel.checkExchange(props.exchange);
    return channel;
  }

  function publish({ key, data, id, headers }: Message): Promise<void> {
    const on = link;
    if (!on) throw ioError('amqp: the connection is lost');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const own: Waiting = { returned: undefined, reject };
    // two equal rows of one moment: the broker's return names the id of both
    const label = waiting.has(id) ? `${id} ${waiting.size}` : id;
    waiting.set(label, own);
    const timer = setTimeout(() => {
      waiting.delete(label);
      const late = ioError(`amqp: the broker confirmed nothing within ${ANSWER_MS} ms; it may be short of memory or disk`);
      reject(late);
      if (link === on) fail(late);
    }, ANSWER_MS);
    const settled = (error: unknown) => {
      clearTimeout(timer);
      waiting.delete(label);
      if (error) reject(ioError(`amqp: the broker did not take the message: ${messageOf(error)}`, error));
      else if (own.returned !== undefined)
        reject(rowError(`amqp: no queue takes messages with the routing key "${key}" (${own.returned})`, 'VALUE_REFUSED'));
      else resolve();
    };
    try {
      on.channel.publish(
        props.exchange,
        key,
        data,
        { mandatory: props.mandatory, persistent: props.persistent, contentType: 'application/json', messageId: label, headers },
        settled,
      );
    } catch (error) {
      settled(error);
    }
    return promise.finally(() => clearTimeout(timer));
  }
}

interface Waiting {
  returned: string | undefined;
  reject(error: Error): void;
}

function compileMessage(p: AmqpSinkProps): (row: Row, atMs: number, index: number) => Message {
  const engine = createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
  const part = (text: string): ((row: Row) => string) => (text.includes('{{') ? engine.compile(text) : () => text);
  const keyOf = part(p.routingKey);
  const headersOf = Object.entries(p.headers).map(([name, value]) => [name, part(String(value))] as const);
  const columns = (row: Row): Row => {
    if (p.fields.length) return Object.fromEntries(p.fields.map((f): [string, Value] => [f, row[f] ?? null]));
    return p.excludeFields.length ? Object.fromEntries(Object.entries(row).filter(([n]) => !p.excludeFields.includes(n))) : row;
  };
  return (row, atMs, index) => {
    const key = keyOf(row);
    if (Buffer.byteLength(key) > MAX_KEY_BYTES)
      throw rowError(`property routingKey: "${key.slice(0, 80)}…" has more than ${MAX_KEY_BYTES} bytes`, 'VALUE_REFUSED');
    const text = encodeJson(columns(row));
    return {
      key,
      data: Buffer.from(text),
      id: createHash('md5').update(`${key}\n${atMs}\n${index}\n${text}`).digest('base64'),
      headers: Object.fromEntries(headersOf.map(([name, value]) => [name, value(row)])),
    };
  };
}
