// Sink nats. Core: rows are published in groups, and delivered when the server answered a ping behind them. JetStream: delivered when the stream
// has stored them. A row that no stream takes is set aside alone.
import { createHash } from 'node:crypto';
import { ioError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import type { Row, Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { Batcher, unitsOf } from '../batch-shared/batcher.ts';
import { connectNats, type NatsLink, serversOf } from './connect.ts';
import { type NatsSinkProps, sinkOptions } from './options.ts';

const MAX_ROWS = 1000;
const MAX_BYTES = 1024 * 1024;
const ANSWER_MS = 5_000;

interface Message {
  subject: string;
  data: Uint8Array;
  id: string;
}

export function createNatsSink(): Sink {
  let props: NatsSinkProps;
  let messageFor: (row: Row, atMs: number, index: number) => Message;
  let link: NatsLink | undefined;
  let batcher: Batcher<Message>;
  return {
    configure(raw) {
      props = parseOptions<NatsSinkProps>('nats sink', sinkOptions, raw);
      if (props.fields.length && props.excludeFields.length) throw new Error('fields and excludeFields cannot both be set');
      serversOf(props);
      if (!props.subject.includes('{{')) checkSubject(props.subject);
      messageFor = compileMessage(props);
    },
    async open(ctx, fail) {
      const opened = await connectNats(ctx, props, fail);
      link = opened;
      const { jetstream, JetStreamApiError } = await import('@nats-io/jetstream');
      const js = props.jetstream ? jetstream(opened.nc, { timeout: ANSWER_MS }) : undefined;
      const store = async (m: Message): Promise<void> => {
        try {
          // an id that is the same at every try: the stream keeps a row once within its window for duplicates
          await js!.publish(m.subject, m.data, { msgID: m.id, timeout: ANSWER_MS, retries: 1 });
        } catch (error) {
          const text = `nats ${m.subject}: ${messageOf(error)}`;
          // 503: no stream has the subject, which an administrator may change
          throw error instanceof JetStreamApiError && error.status >= 400 && error.status < 500 ? rowError(text) : ioError(text, error);
        }
      };
      batcher = new Batcher({
        maxRows: MAX_ROWS,
        maxBytes: MAX_BYTES,
        async write(units) {
          if (js) {
            const answers = await Promise.allSettled(units.map((u) => store(u.sent)));
            const failed = answers.filter((a) => a.status === 'rejected');
            const away = failed.find((a) => (a.reason as { retriable?: boolean }).retriable === true);
            if (failed.length) throw (away ?? failed[0]!).reason;
            return;
          }
          const limit = opened.nc.info?.max_payload ?? MAX_BYTES;
          for (const { sent } of units) {
            if (sent.data.length > limit)
              throw rowError(`nats ${sent.subject}: ${sent.data.length} bytes are more than the server takes (${limit})`);
          }
          try {
            for (const { sent } of units) opened.nc.publish(sent.subject, sent.data);
            await opened.nc.flush();
          } catch (error) {
            throw ioError(`nats: ${messageOf(error)}`, error);
          }
        },
      });
      ctx.status('connected');
    },
    collect(ctx, data, _dynamic, atMs) {
      const { units, refused } = unitsOf(data, (row, index) => {
        const sent = messageFor(row, atMs ?? ctx.clock.now(), index);
        return { sent, bytes: sent.data.length + sent.subject.length };
      });
      return batcher.add(units, refused);
    },
    close() {
      link?.close();
      link = undefined;
    },
  };
}

function compileMessage(p: NatsSinkProps): (row: Row, atMs: number, index: number) => Message {
  const engine = createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
  const subject = p.subject.includes('{{') ? engine.compile(p.subject) : () => p.subject;
  const columns = (row: Row): Row => {
    if (p.fields.length) return Object.fromEntries(p.fields.map((f): [string, Value] => [f, row[f] ?? null]));
    return p.excludeFields.length ? Object.fromEntries(Object.entries(row).filter(([n]) => !p.excludeFields.includes(n))) : row;
  };
  return (row, atMs, index) => {
    const text = encodeJson(columns(row));
    const to = checkSubject(subject(row));
    return { subject: to, data: Buffer.from(text), id: createHash('md5').update(`${to}\n${atMs}\n${index}\n${text}`).digest('base64') };
  };
}

/** @throws rowError for what is not a subject to publish to: empty parts, wildcards, white space, the server's own */
function checkSubject(subject: string): string {
  if (!/^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u.test(subject) || subject.startsWith('$') || subject.length > 1000)
    throw rowError(`property subject: "${subject.slice(0, 80)}" is not a subject to publish to`, 'VALUE_REFUSED');
  return subject;
}
