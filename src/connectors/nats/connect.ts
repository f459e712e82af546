// One connection to NATS over package @nats-io/transport-node, loaded here at the first use. The runtime opens it again; the package does not.
import type { NatsConnection } from '@nats-io/transport-node';
import type { ConnectorContext } from '../../contract/context.ts';
import { checkResolved, connectError, type HostPort, parseHostPort } from '../net-shared/destination.ts';
import { tlsMaterial, wantsTls } from '../net-shared/tls.ts';
import type { NatsProps } from './options.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const PING_MS = 10_000;

/** @throws Error for an address that is none */
export const serversOf = (p: NatsProps): HostPort[] => p.servers.split(',').map((s) => parseHostPort(s, 4222, 'servers'));

export interface NatsLink {
  readonly nc: NatsConnection;
  close(): void;
}

/** @param lost told once when the connection breaks  @throws ioError, DESTINATION_REFUSED */
export async function connectNats(ctx: Pick<ConnectorContext, 'network'>, p: NatsProps, lost: (error: Error) => void): Promise<NatsLink> {
  const servers = serversOf(p);
  for (const { host } of servers) await checkResolved(ctx, host);
  const { connect } = await import('@nats-io/transport-node');
  const where = `nats ${p.servers.replace(/\/\/[^/@,]*@/g, '//')}`;
  const secure = /(^|,)\s*tls:/i.test(p.servers) || wantsTls(p);
  let open = true;
  let nc: NatsConnection;
  try {
    nc = await connect({
      servers: servers.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
      name: 'kuiper-gateway',
      reconnect: false,
      // servers that the cluster names are not looked at by the guard
      ignoreClusterUpdates: true,
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: PING_MS,
      maxPingOut: 2,
      ...(p.username ? { user: p.username, pass: p.password } : {}),
      ...(p.token ? { token: p.token } : {}),
      ...(secure ? { tls: tlsMaterial(p) as never } : {}),
    });
  } catch (error) {
    throw connectError(where, error);
  }
  void nc.closed().then((error) => {
    if (open) lost(connectError(where, error ?? new Error('the server ended the connection')));
  });
  return {
    nc,
    close() {
      open = false;
      void nc.close();
    },
  };
}
