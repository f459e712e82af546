// Sink zmq: publishes each item to the subscribers that are there. A PUB socket asks nobody for a confirmation: an item is delivered when it is with
// the system for each subscriber, and nobody keeps it for one that comes later.
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { bytesOf } from '../batch-shared/payload.ts';
import { type Endpoint, endpointOf, shownEndpoint } from '../net-shared/endpoint.ts';
import { sinkOptions, type ZmqProps } from './options.ts';
import { Publisher } from './publisher.ts';

export function createZmqSink(): Sink {
  let endpoint: Endpoint;
  let topic: Buffer | undefined;
  let publisher: Publisher | undefined;
  let leave: (() => void | Promise<void>) | undefined;
  let dropped: (count: number, reason: string) => void;
  return {
    configure(raw) {
      const props = parseOptions<ZmqProps>('zmq sink', sinkOptions, raw);
      endpoint = endpointOf(props.server, 'server', true);
      topic = props.topic === '' ? undefined : Buffer.from(props.topic);
    },
    async open(ctx) {
      const key = shownEndpoint(endpoint);
      const shared = ctx.connections.acquire(
        'zmq',
        key,
        (before, log) => new Publisher(endpoint, ctx.clock, log, ctx.getRootPath(), before),
      );
      leave = () => ctx.connections.release('zmq', key);
      dropped = (count, reason) => ctx.dropped(count, reason);
      await shared.ready();
      publisher = shared;
      ctx.status('connected');
    },
    collect(_ctx, data) {
      const payload = bytesOf(data);
      return publisher?.publish(topic ? [topic, payload] : [payload], dropped);
    },
    notes: () =>
      publisher && publisher.subscriberCount === 0 ? [`Nobody subscribes at ${shownEndpoint(endpoint)}: results go to nobody.`] : [],
    async close() {
      publisher = undefined;
      const go = leave;
      leave = undefined;
      await go?.();
    },
  };
}
