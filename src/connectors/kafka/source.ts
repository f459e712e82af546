// Source kafka: a member of a consumer group. The position of a partition is committed only behind messages that every rule has delivered, stored
// or checkpointed; what was not is given again, to this member or to the one that takes the partition over.
import { createHash } from 'node:crypto';
import { isRetriable, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Source } from '../../contract/source.ts';
import type { SpreadMember } from '../../contract/spread.ts';
import { answered, brokersOf, checkBrokers, kafkaError, loadKafka, openingError } from './client.ts';
import { give } from './give.ts';
import { createMember, leaveGroup } from './group.ts';
import { type KafkaSourceProps, sourceOptions } from './options.ts';
import { Positions } from './positions.ts';

const COMMIT_MS = 500;

export function createKafkaSource(): Source {
  let topic = '';
  let props: KafkaSourceProps;
  let shut: (() => Promise<void>) | undefined;
  let member: SpreadMember | undefined;
  return {
    spread(who) {
      member = who;
    },
    configure(datasource, raw) {
      props = parseOptions<KafkaSourceProps>('kafka source', sourceOptions, raw);
      topic = datasource;
      if (!topic) throw new Error('kafka source: DATASOURCE must name a topic');
      const partition = Object.entries(raw).find(([name]) => name.toLowerCase() === 'partition')?.[1];
      if (Number(partition ?? 0) !== 0)
        throw new Error('kafka source: property partition is not supported; a consumer group reads all partitions of the topic');
      if (member && props.groupID === '')
        throw new Error('kafka source: a rule with option spread needs the property groupID, the same on all gateways');
      brokersOf(props);
    },

    async open(ctx, emit, fail) {
      await checkBrokers(ctx, brokersOf(props));
      const kafka = await loadKafka();
      if (member) {
        const { SpreadSource } = await import('./spread-source.ts');
        const spread = new SpreadSource({ ctx, emit, fail, kafka, props, topic, member });
        shut = () => spread.close();
        await spread.open();
        return;
      }
      const groupId = props.groupID || ownGroup(ctx, topic, props);
      const leave = takeGroup(ctx, groupId, props.groupID !== '');
      const consumer = createMember(ctx, kafka, props, groupId);
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
        consumer.on('error', lose);
        const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: props.offsetReset, autocommit: false });
        stream.on('error', lose);
        ctx.status('connected');
        const read = async () => {
          for await (const message of stream) {
            if (!open) return;
            await give(message, { ctx, emit, positions, maxUnconfirmed: props.maxUnconfirmed, signal: stop.signal });
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
        throw openingError(props.brokers, kafka, error);
      }
    },

    async close() {
      const end = shut;
      shut = undefined;
      await end?.();
    },
  };
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
