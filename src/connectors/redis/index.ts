// Redis and Valkey: sink and lookup `redis`, publishing `redisPub`, subscribing `redisSub`.
import { defineConnector } from '../../contract/connector.ts';
import { parseOptions } from '../../contract/props.ts';
import { Overflow } from '../batch-shared/overflow.ts';
import { bytesOf } from '../batch-shared/payload.ts';
import { rowKeys } from '../replaces.ts';
import { connectRedis, type RedisConnection } from './connect.ts';
import { createRedisLookup } from './lookup.ts';
import { lookupOptions, publishOptions, type RedisConnectionProps, sinkOptions, subscribeOptions } from './options.ts';
import { createRedisSink } from './sink.ts';

/** Commands that may wait for answers. */
const IN_FLIGHT = 1000;

export const redis = defineConnector({
  name: 'redis',
  sink: {
    kind: 'sink',
    name: 'redis',
    payload: 'rows',
    maxInFlight: IN_FLIGHT,
    replaces({ field, key, dataType, keyType }) {
      const type = String(dataType ?? 'string').toLowerCase();
      if (String(keyType ?? 'single') !== 'single' || (type !== 'string' && type !== 'hash')) return undefined;
      if (typeof field === 'string' && field) return (data) => rowKeys(data, field, 'redis');
      return typeof key === 'string' && key && !key.includes('{{') ? () => [key] : undefined;
    },
    options: sinkOptions,
    doc: 'Writes rows to Redis or Valkey.',
    create: createRedisSink,
  },
  lookup: {
    kind: 'lookup',
    name: 'redis',
    options: lookupOptions,
    doc: 'Looks values of Redis or Valkey up by their key; DATASOURCE is the number of the database.',
    create: createRedisLookup,
  },
});

export const redisPub = defineConnector({
  name: 'redisPub',
  sink: {
    kind: 'sink',
    name: 'redisPub',
    payload: 'bytes',
    maxInFlight: IN_FLIGHT,
    options: publishOptions,
    doc: 'Publishes results on a channel of Redis or Valkey.',
    create() {
      let props: RedisConnectionProps & { channel: string };
      let connection: RedisConnection | undefined;
      return {
        configure(raw) {
          props = parseOptions('redisPub sink', publishOptions, raw);
        },
        async open(ctx, fail) {
          connection = await connectRedis(ctx, props, fail);
          ctx.status('connected');
        },
        async collect(_ctx, data) {
          await connection!.command('PUBLISH', props.channel, bytesOf(data));
        },
        close() {
          connection?.close();
          connection = undefined;
        },
      };
    },
  },
});

export const redisSub = defineConnector({
  name: 'redisSub',
  source: {
    kind: 'source',
    name: 'redisSub',
    payload: 'bytes',
    shareable: true,
    options: subscribeOptions,
    doc: 'Subscribes to channels of Redis or Valkey.',
    create() {
      let props: RedisConnectionProps & { channels: string[] };
      let connection: RedisConnection | undefined;
      let overflow: Overflow | undefined;
      return {
        configure(_datasource, raw) {
          props = parseOptions('redisSub source', subscribeOptions, raw);
        },
        async open(ctx, emit, fail) {
          const inbox = new Overflow(ctx, emit);
          overflow = inbox;
          connection = await connectRedis(ctx, props, fail);
          await connection.psubscribe(props.channels, (message, channel) => inbox.push(message, { channel: channel.toString() }));
          ctx.status('connected');
        },
        close() {
          overflow?.close();
          connection?.close();
          connection = undefined;
        },
      };
    },
  },
});
