// Sink kafka: rows gather into requests, which the brokers confirm before the rows count as delivered. Messages are written once per try of a
// request also when an answer is lost on the way (idempotent producer); after a lost connection a request may be written again.
import { randomUUID } from 'node:crypto';
import { isRetriable } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import type { Row, Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { Batcher, type Unit, unitsOf } from '../batch-shared/batcher.ts';
import { answered, brokersOf, checkBrokers, clientOptions, kafkaError, loadKafka, openingError } from './client.ts';
import { type KafkaSinkProps, sinkOptions } from './options.ts';

interface Message {
  topic: string;
  key?: Buffer;
  value: Buffer;
  headers?: Map<Buffer, Buffer>;
  timestamp: bigint;
}

export function createKafkaSink(): Sink {
  let props: KafkaSinkProps;
  let messageOf: (row: Row, atMs: number) => Message;
  let batcher: Batcher<Message>;
  let shut: (() => void) | undefined;
  return {
    configure(raw) {
      props = parseOptions<KafkaSinkProps>('kafka sink', sinkOptions, raw);
      if (props.fields.length && props.excludeFields.length) throw new Error('fields and excludeFields cannot both be set');
      brokersOf(props);
      messageOf = compileMessage(props);
    },
    async open(ctx, fail) {
      await checkBrokers(ctx, brokersOf(props));
      const kafka = await loadKafka();
      const idempotent = props.requiredACKs === -1;
      const producer = new kafka.Producer<Buffer, Buffer, Buffer, Buffer>({
        ...clientOptions(props, `kuiper-${randomUUID()}`),
        acks: props.requiredACKs,
        idempotent,
        autocreateTopics: true,
        ...(props.compression && props.compression !== 'none' ? { compression: props.compression as 'gzip' } : {}),
      });
      let open = true;
      shut = () => {
        open = false;
        void producer.close(true).catch(() => undefined); // what it still holds is tried again
      };
      const lose = (error: unknown) => {
        if (!open) return;
        open = false;
        fail(error as Error);
      };
      try {
        const metadata = await answered(ctx, props, producer.metadata({ topics: [] }));
        await checkBrokers(ctx, metadata.brokers.values());
      } catch (error) {
        shut();
        throw openingError(props.brokers, kafka, error);
      }
      const write = async (units: readonly Unit<Message>[]) => {
        try {
          await producer.send({ messages: units.map((u) => u.sent) });
        } catch (error) {
          const fault = kafkaError(props.brokers, kafka, error);
          // numbers of an idempotent producer do not go on behind a gap: a new one begins
          if (isRetriable(fault)) lose(fault);
          throw fault;
        }
      };
      batcher = new Batcher({ maxRows: props.maxRows, maxBytes: props.batchBytes, write });
      ctx.status('connected');
    },
    collect(ctx, data, _dynamic, atMs) {
      const { units, refused } = unitsOf(data, (row) => {
        const sent = messageOf(row, atMs ?? ctx.clock.now());
        return { sent, bytes: sent.value.length + (sent.key?.length ?? 0) + 64 };
      });
      return batcher.add(units, refused);
    },
    close() {
      shut?.();
      shut = undefined;
    },
  };
}

function compileMessage(p: KafkaSinkProps): (row: Row, atMs: number) => Message {
  const engine = createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
  const part = (text: string): ((row: Row) => string) => (text.includes('{{') ? engine.compile(text) : () => text);
  const topic = part(p.topic);
  const key = p.key === '' ? undefined : part(p.key);
  const headers = Object.entries(p.headers).map(([name, value]) => [Buffer.from(name), part(String(value))] as const);
  const columns = (row: Row): Row => {
    if (p.fields.length) return Object.fromEntries(p.fields.map((f): [string, Value] => [f, row[f] ?? null]));
    return p.excludeFields.length ? Object.fromEntries(Object.entries(row).filter(([n]) => !p.excludeFields.includes(n))) : row;
  };
  return (row, atMs) => ({
    topic: topic(row),
    ...(key ? { key: Buffer.from(key(row)) } : {}),
    value: Buffer.from(encodeJson(columns(row))),
    ...(headers.length ? { headers: new Map(headers.map(([name, value]) => [name, Buffer.from(value(row))])) } : {}),
    timestamp: BigInt(atMs),
  });
}
