// What the broker itself drops: a subscriber at QoS 0 that reads slower than messages come loses them at the broker, which tells only in
// `$SYS`. One small connection per broker of its own, since the one of the source does not read while the gateway is behind. A broker that
// has no such topic, or does not allow it, is left alone. Used by source.ts for QoS 0.
import type { ConnectorContext, PooledConnection } from '../../contract/context.ts';
import { clientIdOf } from './client-id.ts';
import { MqttConnection } from './connection.ts';
import type { ConnectionProps } from './options.ts';
import type { Subscription } from './subscription.ts';

/** Mosquitto and those that copy it: QoS 0 and more, all clients together. */
const DROPPED_TOPIC = '$SYS/broker/publish/messages/dropped';

export class DropWatch implements PooledConnection {
  private readonly connection: MqttConnection;
  private readonly subscription: Subscription;
  private readonly listeners = new Set<(count: number) => void>();
  /** The broker's count at the last look. */
  private last: number | undefined;

  constructor(props: ConnectionProps, ctx: Pick<ConnectorContext, 'clock' | 'log' | 'gatewayId'>) {
    this.connection = new MqttConnection(
      { ...props, clientid: '', enableClientSession: false, will: undefined },
      {
        clock: ctx.clock,
        // the source tells what is wrong with the broker
        log: ctx.log.atLevel('fatal'),
        persistent: false,
        clientId: clientIdOf(`${ctx.gatewayId}|drops|${props.server}|${props.username}`),
      },
    );
    this.subscription = {
      filters: [DROPPED_TOPIC],
      qos: 0,
      granted: false,
      onState: (_state, message = '') => {
        if (message.startsWith('the broker refuses the subscription')) void this.connection.close();
      },
      onSkipped: () => undefined, // a count has a few digits
      onMessage: (packet) => this.read(String(packet.payload)),
    };
    this.connection.subscribe(this.subscription);
  }

  /** @param onDropped told how many more messages the broker dropped, for all its clients  @returns how to end it */
  listen(onDropped: (count: number) => void): () => void {
    this.listeners.add(onDropped);
    return () => this.listeners.delete(onDropped);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** @param text the count as the broker publishes it */
  read(text: string): void {
    const total = Number(text);
    if (!Number.isSafeInteger(total) || total < 0) return;
    // a broker that was restarted counts from 0 again; the first value is what happened before our time
    const more = this.last === undefined ? 0 : total < this.last ? total : total - this.last;
    this.last = total;
    if (more > 0) for (const listener of this.listeners) listener(more);
  }
}

/** Watches the broker of a source. @returns how to end it */
export function watchDrops(ctx: ConnectorContext, props: ConnectionProps): () => void | Promise<void> {
  const report = ctx.peerDropped?.bind(ctx);
  if (!report) return () => undefined;
  const key = `${props.server} as ${props.username}`;
  const watch = ctx.connections.acquire(
    'mqtt drops',
    key,
    (_before, log) => new DropWatch(props, { clock: ctx.clock, gatewayId: ctx.gatewayId, log }),
  );
  const end = watch.listen(report);
  return () => {
    end();
    return ctx.connections.release('mqtt drops', key);
  };
}
