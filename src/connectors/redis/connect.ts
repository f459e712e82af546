// One connection to Redis or Valkey over package @redis/client, which is loaded here, at the first use. Sinks and subscriptions are opened again
// by the runtime; lookups reconnect by themselves.
import { ioError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { checkHost, connectError, guardOf, parseHostPort } from '../net-shared/destination.ts';
import { tlsMaterial, wantsTls } from '../net-shared/tls.ts';
import type { RedisConnectionProps } from './options.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Between pings that notice a peer that is gone without a word. */
const PING_MS = 15_000;

export type Reply = null | string | number | bigint | boolean | Buffer | Reply[] | Record<string, unknown>;

export interface RedisConnection {
  /** In the order of the calls. @throws rowError when the server refuses the command, ioError when it is away or takes nothing now */
  command(...args: (string | Buffer)[]): Promise<Reply>;
  psubscribe(patterns: string[], listener: (message: Buffer, channel: string) => void): Promise<void>;
  close(): void;
}

/** Answers that say something about the server and nothing about the command.
 *  @source Redis protocol, error prefixes */
const AWAY = /^(LOADING|READONLY|OOM|NOAUTH|WRONGPASS|NOPERM|MASTERDOWN|BUSY|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|UNKILLABLE)\b/;

/** @param lost told once when the connection breaks; absent: it is made again by itself */
export async function connectRedis(
  ctx: Pick<ConnectorContext, 'network'>,
  props: RedisConnectionProps,
  lost?: (error: Error) => void,
): Promise<RedisConnection> {
  const { host, port } = parseHostPort(props.address, 6379, 'redis address');
  checkHost(ctx, host);
  const { createClient, ErrorReply } = await import('@redis/client');
  const secure = /^rediss:/i.test(props.address) || wantsTls(props);
  const where = `redis ${host}:${port}`;
  const client = createClient({
    RESP: 2,
    ...(props.username ? { username: props.username } : {}),
    ...(props.password ? { password: props.password } : {}),
    database: props.db,
    disableOfflineQueue: true,
    pingInterval: PING_MS,
    socket: {
      host,
      port,
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...guardOf(ctx),
      reconnectStrategy: lost ? false : (tries: number) => Math.min(100 * 2 ** tries, 5_000) * (0.5 + Math.random() / 2),
      ...(secure ? { tls: true as const, ...tlsMaterial(props) } : {}),
    },
  } as Parameters<typeof createClient>[0]);
  let open = false;
  client.on('error', (error: unknown) => {
    if (open) lost?.(connectError(where, error));
  });
  try {
    await client.connect();
  } catch (error) {
    client.destroy();
    if (error instanceof ErrorReply) throw ioError(`${where}: ${messageOf(error)}`, error);
    throw connectError(where, error);
  }
  open = true;
  return {
    async command(...args) {
      try {
        return (await client.sendCommand(args)) as Reply;
      } catch (error) {
        const text = `${where}: ${messageOf(error)}`;
        if (error instanceof ErrorReply && !AWAY.test(messageOf(error))) throw rowError(text);
        throw ioError(text, error);
      }
    },
    async psubscribe(patterns, listener) {
      await client.pSubscribe(patterns, listener as never, true);
    },
    close() {
      open = false;
      client.destroy();
    },
  };
}
