// Source amqp: reads a queue; a message is confirmed when every rule has delivered, stored or checkpointed it. DATASOURCE is the queue.
import type { Channel, ConsumeMessage } from 'amqplib';
import { ioError } from '../../base/errors/gateway-error.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Source } from '../../contract/source.ts';
import { tlsMaterial } from '../net-shared/tls.ts';
import { type AmqpLink, addressOf, connectAmqp } from './connect.ts';
import { type AmqpSourceProps, sourceOptions } from './options.ts';

export function createAmqpSource(): Source {
  let queue = '';
  let props: AmqpSourceProps;
  let link: AmqpLink<Channel> | undefined;
  return {
    configure(datasource, raw) {
      props = parseOptions<AmqpSourceProps>('amqp source', sourceOptions, raw);
      addressOf(props);
      tlsMaterial(props);
      if (datasource === '' || Buffer.byteLength(datasource) > 255) throw new Error('amqp source: DATASOURCE must name a queue');
      queue = datasource;
    },
    async open(ctx, emit, fail) {
      let current: Channel | undefined;
      const take = (m: ConsumeMessage | null) => {
        if (m === null) return fail(ioError(`amqp: the queue ${queue} was deleted`));
        const on = current!;
        const done = () => {
          // a channel that is gone has given the message back to the queue
          if (link?.channel === on) on.ack(m);
        };
        const { routingKey, exchange, redelivered } = m.fields;
        const { headers, contentType, messageId, timestamp } = m.properties as ConsumeMessage['properties'] & { timestamp?: number };
        // no more than prefetch come before they are confirmed: nothing to wait for
        void emit(
          m.content,
          { queue, exchange, routingKey, redelivered, headers: { ...headers }, contentType: contentType ?? '', messageId: messageId ?? '', ...(timestamp ? { timestamp: BigInt(timestamp) } : {}) }, // biome-ignore format: one line
          done,
        );
      };
      link = await connectAmqp(
        ctx,
        props,
        async (connection) => {
          const channel = await connection.createChannel();
          channel.on('error', () => undefined); // the refused call says it
          if (props.declareQueue) await channel.assertQueue(queue, { durable: true });
          else await channel.checkQueue(queue);
          if (props.exchange) await channel.bindQueue(queue, props.exchange, props.routingKey);
          await channel.prefetch(props.maxUnconfirmed);
          return channel;
        },
        fail,
      );
      current = link.channel;
      await current.consume(queue, take);
      ctx.status('connected');
    },
    async close() {
      const old = link;
      link = undefined;
      await old?.close();
    },
  };
}
