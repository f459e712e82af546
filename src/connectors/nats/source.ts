// Source nats. Core NATS gives what comes while it listens; a durable consumer of JetStream keeps the position, and a message is confirmed when
// every rule has delivered, stored or checkpointed it.
import { createHash } from 'node:crypto';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Emit, Source } from '../../contract/source.ts';
import { Overflow } from '../batch-shared/overflow.ts';
import { connectNats, type NatsLink, serversOf } from './connect.ts';
import { type NatsSourceProps, sourceOptions } from './options.ts';

export function createNatsSource(): Source {
  let subject = '';
  let props: NatsSourceProps;
  let link: NatsLink | undefined;
  let overflow: Overflow | undefined;
  let closed = false;
  return {
    configure(datasource, raw) {
      props = parseOptions<NatsSourceProps>('nats source', sourceOptions, raw);
      serversOf(props);
      subject = datasource;
      if (!/^[^\s.]+(\.[^\s.]+)*$/.test(subject)) throw new Error(`nats source: DATASOURCE "${subject}" is not a subject`);
    },
    async open(ctx, emit, fail) {
      closed = false;
      const opened = await connectNats(ctx, props, fail);
      link = opened;
      if (props.stream === '') {
        const inbox = new Overflow(ctx, emit);
        overflow = inbox;
        opened.nc.subscribe(subject, {
          ...(props.queue ? { queue: props.queue } : {}),
          callback: (error, m) => (error ? fail(error) : inbox.push(m.data, { subject: m.subject, headers: headersOf(m.headers) })),
        });
        // the subscription is in effect when the server answers behind it
        await opened.nc.flush();
      } else await consume(ctx, opened, emit, fail);
      ctx.status('connected');
    },
    close() {
      closed = true;
      overflow?.close();
      link?.close();
      link = undefined;
    },
  };

  async function consume(ctx: ConnectorContext, opened: NatsLink, emit: Emit, fail: (error: Error) => void): Promise<void> {
    const { jetstream, jetstreamManager, AckPolicy, DeliverPolicy } = await import('@nats-io/jetstream');
    const durable = props.durable || ownName(ctx, subject, props);
    try {
      const manager = await jetstreamManager(opened.nc);
      await manager.consumers.add(props.stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        ack_wait: props.ackWaitMs * 1_000_000,
        max_ack_pending: props.maxUnconfirmed,
        deliver_policy: props.deliverPolicy === 'all' ? DeliverPolicy.All : DeliverPolicy.New,
        filter_subject: subject,
      });
      const consumer = await jetstream(opened.nc).consumers.get(props.stream, durable);
      const messages = await consumer.consume({ max_messages: Math.min(500, props.maxUnconfirmed) });
      const read = async () => {
        for await (const m of messages) {
          if (closed) return;
          const done = () => {
            if (!closed) m.ack();
          };
          const meta = {
            subject: m.subject,
            stream: props.stream,
            sequence: BigInt(m.seq),
            redelivered: m.redelivered,
            headers: headersOf(m.headers),
          };
          const wait = emit(m.data, meta, done);
          if (wait !== undefined) await wait;
        }
        if (!closed) fail(ioError('nats: the consumer ended'));
      };
      read().catch((error) => {
        if (!closed) fail(ioError(`nats: ${messageOf(error)}`, error));
      });
    } catch (error) {
      opened.close();
      throw ioError(`nats stream ${props.stream}, consumer ${durable}: ${messageOf(error)}`, error);
    }
  }
}

/** The same after a restart, so that the position is found again. */
const ownName = (ctx: ConnectorContext, subject: string, p: NatsSourceProps): string =>
  `kuiper_${createHash('sha256')
    .update(JSON.stringify([ctx.gatewayId, subject, p.stream, p.deliverPolicy]))
    .digest('hex')
    .slice(0, 16)}`;

const headersOf = (headers: { keys(): string[]; get(name: string): string } | undefined): Record<string, string> =>
  headers ? Object.fromEntries(headers.keys().map((k) => [k, headers.get(k)])) : {};
