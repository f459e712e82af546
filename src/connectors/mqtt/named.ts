// The connection behind a connectionSelector: one per gateway and name, shared by sources and sinks, whoever comes first.
import { createHash } from 'node:crypto';
import type { ConnectorContext } from '../../contract/context.ts';
import { MqttConnection } from './connection.ts';
import type { ConnectionProps } from './options.ts';

/** Takes the named connection; give it back with `ctx.connections.release('mqtt', selector)`.
 *  Its session is persistent unless the user said no: a source with QoS 1 may join a connection that a sink made. */
export function acquireNamed(ctx: ConnectorContext, selector: string, props: ConnectionProps): MqttConnection {
  return ctx.connections.acquire('mqtt', selector, () => {
    const hash = createHash('sha256').update(`${ctx.gatewayId}|connection|${selector}`).digest('hex');
    return new MqttConnection(props, {
      clock: ctx.clock,
      log: ctx.log,
      persistent: props.enableClientSession ?? true,
      shared: true,
      clientId: `kuiper_${hash.slice(0, 16)}`,
    });
  });
}
