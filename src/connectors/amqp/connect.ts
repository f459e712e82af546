// One connection to a broker of AMQP 0.9.1 over package amqplib, loaded here at the first use. The runtime opens it again; the package does not.
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { ioError } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { checkHost, connectError, guardOf, type HostPort, parseHostPort } from '../net-shared/destination.ts';
import { tlsMaterial, wantsTls } from '../net-shared/tls.ts';
import type { AmqpProps } from './options.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const HEARTBEAT_S = 10;
/** A broker that closes our connection on purpose says why; the channel's reason comes first and says more. */
const FIRST_REASON_MS = 50;

export const isSecure = (p: AmqpProps): boolean => /^amqps:/i.test(p.server) || wantsTls(p);

/** @throws Error for an address that is none */
export const addressOf = (p: AmqpProps): HostPort => parseHostPort(p.server, isSecure(p) ? 5671 : 5672, 'server');

export interface AmqpLink<C extends Channel> {
  readonly channel: C;
  close(): Promise<void>;
}

/** @param lost told once when connection or channel breaks  @throws ioError, DESTINATION_REFUSED */
export async function connectAmqp<C extends Channel>(
  ctx: Pick<ConnectorContext, 'network'>,
  p: AmqpProps,
  open: (connection: ChannelModel) => Promise<C>,
  lost: (error: Error) => void,
): Promise<AmqpLink<C>> {
  const { host, port } = addressOf(p);
  checkHost(ctx, host);
  const { connect } = await import('amqplib');
  const secure = isSecure(p);
  const where = `amqp ${host}:${port}`;
  let over = false;
  let told = false;
  const tell = (error: Error) => {
    if (over || told) return;
    told = true;
    lost(connectError(where, error));
  };
  let connection: ChannelModel;
  try {
    connection = await connect(
      {
        protocol: secure ? 'amqps' : 'amqp',
        hostname: host,
        port,
        username: p.username,
        password: p.password,
        vhost: encodeURIComponent(p.vhost),
        heartbeat: HEARTBEAT_S,
      },
      {
        timeout: CONNECT_TIMEOUT_MS,
        noDelay: true,
        clientProperties: { connection_name: 'kuiper-gateway' },
        ...guardOf(ctx),
        ...(secure ? tlsMaterial(p) : {}),
      },
    );
  } catch (error) {
    throw connectError(where, error);
  }
  let reason: Error | undefined;
  connection.on('error', (error: Error) => setTimeout(() => tell(reason ?? error), FIRST_REASON_MS));
  connection.on('close', (error?: Error) =>
    setTimeout(() => tell(reason ?? error ?? new Error('the broker ended the connection')), FIRST_REASON_MS),
  );
  try {
    const channel = await open(connection);
    channel.on('error', (error: Error) => {
      reason = error;
    });
    channel.on('close', () => tell(reason ?? new Error('the broker closed the channel')));
    return {
      channel,
      async close() {
        over = true;
        // what the broker does not answer ends with the socket
        await Promise.race([connection.close(), new Promise((resolve) => setTimeout(resolve, 1000))]).catch(() => undefined);
      },
    };
  } catch (error) {
    over = true;
    await connection.close().catch(() => undefined); // it may be closed already
    throw ioError(`${where}: ${(error as Error).message}`, error);
  }
}

export type { ConfirmChannel };
