// What every component is handed: its place in the gateway, a logger, its state, a signal that ends with it.
import type { Clock } from '../base/clock.ts';
import type { DataServer } from '../base/data-server.ts';
import type { Log } from '../base/log.ts';
import type { Historian } from './history.ts';

/** State of one instance: keys are strings, values anything that structured clone takes. Synchronous; kept with the rule's checkpoint. */
export interface StateStore {
  putState(key: string, value: unknown): void;
  /** @returns undefined when the key was never put */
  getState(key: string): unknown;
  deleteState(key: string): void;
  incrCounter(key: string, amount: number): void;
  /** @returns 0 when the counter was never incremented */
  getCounter(key: string): number;
}

export interface PluginLogger {
  debug(message: string, ...more: unknown[]): void;
  info(message: string, ...more: unknown[]): void;
  warn(message: string, ...more: unknown[]): void;
  error(message: string, ...more: unknown[]): void;
}

/** Context of design §5, for plugins and for our own components. */
export interface ComponentContext extends StateStore {
  getLogger(): PluginLogger;
  getRuleId(): string;
  getOpId(): string;
  getInstanceId(): number;
  /** Root folder of the gateway (`/opt/kuiper`): `etc/<type>/<name>/` below it holds a plugin's runtime files. */
  getRootPath(): string;
  /** Aborts when the instance is closed. */
  readonly signal: AbortSignal;
}

export type FunctionContext = ComponentContext;
export type SourceContext = ComponentContext;
export type SinkContext = ComponentContext;

/** What built-in connectors get in addition. */
export interface ConnectorContext extends ComponentContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Random id of this gateway, made once and kept in the data folder: the base of stable client ids. */
  readonly gatewayId: string;
  /** Reports the connection's state; shown as connection_status and in health. */
  status(state: ConnectionState, message?: string): void;
  /** What the settings allow connectors to call and to listen on. Absent: nothing internal, no data server. */
  readonly network?: NetworkSettings;
  /** Where connectors listen for HTTP and WebSocket clients. Absent where there is none. */
  readonly dataServer?: DataServer | undefined;
  /** basic.aesKey, decoded: for sinks that encrypt by themselves (files). */
  readonly aesKey?: Uint8Array | undefined;
  /** Keeps values over time on this box. Absent where there is none. */
  readonly historian?: Historian | undefined;
  /** Named or anonymous shared connections. */
  readonly connections: ConnectionAccess;
  /** Counts something dropped by the connector itself (QoS 0 overload, bad frame); shown in status within 5 s. */
  dropped(count: number, reason: string): void;
  /** The peer says that it dropped so many more messages itself (MQTT `$SYS`: for all its clients). Absent where nobody shows it. */
  peerDropped?(count: number): void;
}

export interface NetworkSettings {
  /** basic.enablePrivateNet: HTTP to loopback and private addresses is allowed. */
  enablePrivateNet: boolean;
  /** source.httpServerIp and httpServerPort: where httppush, websocket and sse listen. */
  dataServer: { ip: string; port: number };
}

export type ConnectionState = 'connected' | 'connecting' | 'disconnected';

/** Access to the connection pool: connections of equal type and properties (or one selector) are shared.
 *  The pool calls `create` once per key and closes it when the last user releases. */
export interface ConnectionAccess {
  /** @param create gets a promise for the end of the key's connection before, if that is still closing, and a log of its own: what is shared is
   *         no rule's, and outlives the rule that opened it */
  acquire<C extends PooledConnection>(type: string, key: string, create: (before: Promise<void> | undefined, log: Log) => C): C;
  /** @returns a promise when this was the last user: settled when the connection is closed */
  release(type: string, key: string): Promise<void> | void;
}

export interface PooledConnection {
  /** Where the connection can tell: shown for named connections (REST /connections). */
  readonly state?: ConnectionState;
  readonly stateMessage?: string;
  /** It was connected at least once. */
  readonly wasConnected?: boolean;
  close(): void | Promise<void>;
}
