// Hands one message of a partition to the gateway, no more than may be on their way. Used by source.ts and spread-source.ts.
import type { ConnectorContext } from '../../contract/context.ts';
import type { Emit } from '../../contract/source.ts';
import type { Positions } from './positions.ts';

/** What is looked at of a message of package @platformatic/kafka. */
export interface KafkaMessage {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Map<Buffer, Buffer>;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint;
}

export interface GiveOptions {
  ctx: Pick<ConnectorContext, 'clock'>;
  emit: Emit;
  positions: Positions;
  maxUnconfirmed: number;
  signal: AbortSignal;
}

/** Resolves when the next message may come. */
export async function give(m: KafkaMessage, { ctx, emit, positions, maxUnconfirmed, signal }: GiveOptions): Promise<void> {
  // what is on its way is bounded: further messages stay at the broker
  while (positions.open >= maxUnconfirmed && !signal.aborted) await ctx.clock.sleep(10, signal).catch(() => undefined);
  if (signal.aborted) return;
  const done = positions.begin(m.partition, m.offset);
  const meta = {
    topic: m.topic,
    partition: BigInt(m.partition),
    offset: m.offset,
    timestamp: m.timestamp,
    key: m.key?.toString() ?? '',
    headers: Object.fromEntries([...(m.headers ?? [])].map(([name, value]) => [String(name), String(value)])),
  };
  const wait = emit(m.value ?? Buffer.alloc(0), meta, done);
  if (wait !== undefined) await wait;
}
