// What a source gives to its connection. Made by source.ts; read by connection.ts, routes.ts, inbox.ts and subscribing.ts.
import type { ConnectionState } from '../../contract/context.ts';
import type { Arriving } from './wire/publish-frame.ts';

export type MessageHandler = (packet: Arriving, ack: (() => void) | undefined) => void | Promise<void>;

export interface Subscription {
  /** Topic filters. */
  readonly filters: readonly string[];
  readonly qos: 0 | 1 | 2;
  readonly onMessage: MessageHandler;
  /** A message was skipped for its size, and confirmed. */
  readonly onSkipped: (topic: string, bytes: number, limitBytes: number) => void;
  /** Told of refused subscriptions and of the connection's state. */
  readonly onState: (state: ConnectionState, message?: string) => void;
  /** True once the broker granted all filters on this connection. */
  granted: boolean;
  /** QoS that the broker gives; undefined before it said so. */
  givenQos?: number | undefined;
}
