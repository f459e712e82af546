// A member of a consumer group: its client, and how it leaves. Used by source.ts and spread-source.ts.
import type { Consumer } from '@platformatic/kafka';
import type { ConnectorContext } from '../../contract/context.ts';
import { clientOptions, type KafkaPackage } from './client.ts';
import type { KafkaSourceProps } from './options.ts';

const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const GOODBYE_MS = 2_000;

export type Member = Consumer<Buffer, Buffer, Buffer, Buffer>;

/** Of the gateway, for the brokers' logs. */
export const clientIdOf = (ctx: Pick<ConnectorContext, 'gatewayId' | 'getOpId'>): string =>
  `kuiper-${ctx.gatewayId.slice(0, 8)}-${ctx.getOpId()}`.replace(/[^a-zA-Z0-9._-]/g, '_');

/** @param beforeJoin is waited for before the partitions of before are given up */
export const createMember = (
  ctx: ConnectorContext,
  kafka: KafkaPackage,
  props: KafkaSourceProps,
  groupId: string,
  beforeJoin?: () => Promise<void>,
): Member =>
  new kafka.Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...clientOptions(props, clientIdOf(ctx)),
    groupId,
    autocommit: false,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxBytes: props.maxBytes,
    maxWaitTime: 500,
    // the package asks for data of the member before each request to join
    ...(beforeJoin && { protocolsMetadata: () => beforeJoin().then(() => Buffer.alloc(0)) }),
  });

/** Says goodbye, so that the others of the group take over at once; a broker that does not answer notices by itself. */
export async function leaveGroup(ctx: Pick<ConnectorContext, 'clock'>, consumer: { close(force?: boolean): Promise<void> }): Promise<void> {
  const polite = consumer.close(true).then(
    () => true,
    () => false,
  );
  await Promise.race([polite, ctx.clock.sleep(GOODBYE_MS).then(() => false)]);
}
