// Source kafka: a member of a consumer group. The position of a partition is committed only behind messages that every rule has delivered, stored
// or checkpointed; what was not is given again, to this member or to the one that takes the partition over.
import { createHash } from 'node:crypto';
import { isRetriable, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Emit, Source } from '../../contract/source.ts';
import { answered, brokersOf, checkBrokers, clientOptions, kafkaError, loadKafka } from './client.ts';
import { type KafkaSourceProps, sourceOptions } from './options.ts';
import { Positions } from './positions.ts';

const COMMIT_MS = 500;
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const GOODBYE_MS = 2_000;

export function createKafkaSource(): Source {
  let topic = '';
  let props: KafkaSourceProps;
  let shut: (() => Promise<void>) | undefined;
  return {
    configure(datasource, raw) {
      props = parseOptions<KafkaSourceProps>('kafka source', sourceOptions, raw);
      topic = datasource;
      if (!topic) throw new Error('kafka source: DATASOURCE must name a topic');
      const partition = Object.entries(raw).find(([name]) => name.toLowerCase() === 'partition')?.[1];
      if (Number(partition ?? 0) !== 0)
        throw new Error('kafka source: property partition is not supported; a consumer group reads all partitions of the topic');
      brokersOf(props);
    },

    async open(ctx, emit, fail) {
      await checkBrokers(ctx, brokersOf(props));
      const kafka = await loadKafka();
      const groupId = props.groupID || ownGroup(ctx, topic, props);
      const leave = takeGroup(ctx, groupId, props.groupID !== '');
      const consumer = new kafka.Consumer<Buffer, Buffer, Buffer, Buffer>({
        ...clientOptions(props, `kuiper-${ctx.gatewayId.slice(0, 8)}-${ctx.getOpId()}`.replace(/[^a-zA-Z0-9._-]/g, '_')),
        groupId,
        autocommit: false,
        sessionTimeout: SESSION_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_MS,
        maxBytes: props.maxBytes,
        maxWaitTime: 500,
      });
      const positions = new Positions();
      let open = true;
      const stop = new AbortController();
      const lose = (error: unknown) => {
        if (!open) return;
        open = false;
        fail(isRetriable(error) ? (error as Error) : kafkaError(props.brokers, kafka, error));
      };
      const commit = async () => {
        const moved = positions.moved();
        if (moved.length === 0) return;
        await consumer.commit({ offsets: moved.map((m) => ({ topic, ...m, leaderEpoch: -1 })) });
        positions.committed(moved);
      };
      let committing: Promise<void> = Promise.resolve();
      shut = async () => {
        open = false;
        stop.abort(new Error('kafka source closed'));
        await committing;
        try {
          await commit();
        } catch (error) {
          ctx.log.info({ cause: messageOf(error) }, 'The last positions could not be committed; these messages come again.');
        }
        positions.clear();
        await leaveGroup(ctx, consumer);
        leave();
      };
      try {
        const metadata = await answered(ctx, props, consumer.metadata({ topics: [topic], autocreateTopics: true }));
        await checkBrokers(ctx, metadata.brokers.values());
        const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: props.offsetReset, autocommit: false });
        stream.on('error', lose);
        ctx.status('connected');
        const read = async () => {
          for await (const message of stream) {
            if (!open) return;
            await give(ctx, emit, positions, message, stop.signal);
          }
          lose(new Error('the stream of messages ended'));
        };
        read().catch(lose);
        const tick = async () => {
          for (;;) {
            await ctx.clock.sleep(COMMIT_MS, stop.signal);
            committing = commit();
            try {
              await committing;
            } catch (error) {
              committing = Promise.resolve();
              // a group that is sharing its partitions out takes no positions: the next round tries again
              ctx.log.debug({ cause: messageOf(error) }, 'Positions could not be committed now.');
            }
          }
        };
        tick().catch((error) => {
          if (!stop.signal.aborted) lose(error);
        });
      } catch (error) {
        open = false;
        await consumer.close(true).catch(() => undefined); // it was never there
        leave();
        shut = undefined;
        throw isRetriable(error) || (error as { code?: string }).code === 'DESTINATION_REFUSED'
          ? error
          : kafkaError(props.brokers, kafka, error);
      }
    },

    async close() {
      const end = shut;
      shut = undefined;
      await end?.();
    },
  };

  async function give(
    ctx: ConnectorContext,
    emit: Emit,
    positions: Positions,
    m: { key: Buffer; value: Buffer; headers: Map<Buffer, Buffer>; partition: number; offset: bigint; timestamp: bigint },
    signal: AbortSignal,
  ): Promise<void> {
    // what is on its way is bounded: further messages stay at the broker
    while (positions.open >= props.maxUnconfirmed && !signal.aborted) await ctx.clock.sleep(10, signal).catch(() => undefined);
    if (signal.aborted) return;
    const done = positions.begin(m.partition, m.offset);
    const meta = {
      topic,
      partition: BigInt(m.partition),
      offset: m.offset,
      timestamp: m.timestamp,
      key: m.key?.toString() ?? '',
      headers: Object.fromEntries([...(m.headers ?? [])].map(([name, value]) => [String(name), String(value)])),
    };
    const wait = emit(m.value ?? Buffer.alloc(0), meta, done);
    if (wait !== undefined) await wait;
  }
}

/** Says goodbye, so that the others of the group take over at once; a broker that does not answer notices by itself. */
async function leaveGroup(ctx: ConnectorContext, consumer: { close(force?: boolean): Promise<void> }): Promise<void> {
  const polite = consumer.close(true).then(
    () => true,
    () => false,
  );
  await Promise.race([polite, ctx.clock.sleep(GOODBYE_MS).then(() => false)]);
}

/** A group of the gateway's own: the same after a restart, so that its position is found again. */
const ownGroup = (ctx: ConnectorContext, topic: string, p: KafkaSourceProps): string =>
  `kuiper-${createHash('sha256')
    .update(JSON.stringify([ctx.gatewayId, topic, p.brokers, p.offsetReset]))
    .digest('hex')
    .slice(0, 16)}`;

/** Two subscriptions of this gateway in one group would share the messages instead of having all of them. @returns gives it back */
function takeGroup(ctx: ConnectorContext, group: string, named: boolean): () => void {
  if (named) return () => undefined;
  const key = `group ${group}`;
  const taken = ctx.connections.acquire('kafka', key, () => ({ users: 0, close: () => undefined }));
  if (taken.users++ > 0) {
    taken.users--;
    void ctx.connections.release('kafka', key);
    throw new Error('another stream reads this topic of these brokers: give each of them a groupID of its own');
  }
  return () => {
    taken.users--;
    void ctx.connections.release('kafka', key);
  };
}
