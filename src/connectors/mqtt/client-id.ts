// Who a connection is to the broker. A broker knows one connection per client id and throws the older one out, so within the gateway one
// client id is one connection, shared by all who use it (ctx.connections). Used by source.ts, sink.ts and named.ts.
import { createHash } from 'node:crypto';
import type { ConnectorContext } from '../../contract/context.ts';
import type { ConnectionProps } from './options.ts';

/** The client id of a source to which the user gave none. The same after a restart, so that the broker's session is found again, and after
 *  a change of password, certificate or time-outs: messages that wait there must not be left behind. */
export function stableClientId(
  ctx: Pick<ConnectorContext, 'gatewayId'>,
  filters: readonly string[],
  props: ConnectionProps & { qos: number },
): string {
  const { server, username, protocolVersion, enableClientSession, qos } = props;
  return clientIdOf(
    `${ctx.gatewayId}|${JSON.stringify([filters, withoutLogin(server), username, protocolVersion, enableClientSession, qos])}`,
  );
}

/** @param seed what the id stands for */
export function clientIdOf(seed: string): string {
  const hash = createHash('sha256').update(seed).digest('hex');
  return `kuiper_${hash.slice(0, 16)}`; // 23 characters: the most that every MQTT 3.1 broker takes
}

/** Key in the pool of the connection with this client id. */
export function clientKey(server: string, clientId: string): string {
  return `client ${clientId} at ${withoutLogin(server)}`;
}

/** A query may hold a token: the session stays with a new one. */
const withoutLogin = (server: string): string =>
  server.replace(/\/\/[^/@,]*@/g, '//').replace(/(wss?:\/\/[^?,]*)\?.*?(?=,\s*[a-z]+:\/\/|$)/gi, '$1');
