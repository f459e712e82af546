// Connections that sources and sinks share: the one behind a connectionSelector, and the one of a client id. One per gateway and name,
// whoever comes first makes it. Called by source.ts and sink.ts.
import type { ConnectorContext } from '../../contract/context.ts';
import { clientIdOf, clientKey } from './client-id.ts';
import { MqttConnection } from './connection.ts';
import type { ConnectionProps } from './options.ts';

export interface Taken {
  readonly connection: MqttConnection;
  /** Give it back with `ctx.connections.release('mqtt', key)`. */
  readonly key: string;
}

/** Takes the named connection. Its session is persistent unless the user said no: a source with QoS 1 may join a connection that a sink made. */
export function acquireNamed(ctx: ConnectorContext, selector: string, props: ConnectionProps): Taken {
  const connection = ctx.connections.acquire(
    'mqtt',
    selector,
    (before, log) =>
      new MqttConnection(props, {
        clock: ctx.clock,
        log: log.child({ connection: selector }),
        persistent: props.enableClientSession ?? true,
        shared: true,
        clientId: clientIdOf(`${ctx.gatewayId}|connection|${selector}`),
        before,
      }),
  );
  return { connection, key: selector };
}

/** Takes the connection of a client id. @param persistent whether its user needs a session; one that the user named is made for all */
export function acquireClient(ctx: ConnectorContext, props: ConnectionProps, clientId: string, persistent: boolean): Taken {
  const key = clientKey(props.server, clientId);
  const named = props.clientid !== '';
  const connection = ctx.connections.acquire(
    'mqtt',
    key,
    (before, log) =>
      new MqttConnection(props, {
        clock: ctx.clock,
        log,
        persistent: props.enableClientSession ?? (persistent || named),
        shared: named,
        clientId,
        before,
      }),
  );
  return { connection, key };
}
