// What a source or sink instance is handed (contract/context.ts). Made by source-node.ts and sink-node.ts; its state is saved with
// the rule's checkpoint. A class with little in it, since there are thousands.
import type { Clock } from '../base/clock.ts';
import type { DataServer } from '../base/data-server.ts';
import type { Log, LogFields } from '../base/log.ts';
import type { ConnectionAccess, ConnectionState, ConnectorContext, NetworkSettings, PluginLogger } from '../contract/context.ts';
import type { Historian } from '../contract/history.ts';
import type { Environment } from './environment.ts';

/** The node that owns the instance. */
export interface ContextOwner {
  readonly contextRuleId: string;
  /** Stream name, or `mqtt_0`. */
  readonly name: string;
  onStatus(state: ConnectionState, message: string): void;
  onDropped(count: number, reason: string): void;
  onPeerDropped?(count: number): void;
  /** The instance put something into its state; missing where nobody would save it. */
  onState?(): void;
}

/** Without settings: nothing internal, no data server. */
const closedNetwork: NetworkSettings = { enablePrivateNet: false, dataServer: { ip: '127.0.0.1', port: 0 } };

export class OwnedContext implements ConnectorContext {
  private readonly env: Environment;
  private readonly owner: ContextOwner;
  private state: Map<string, unknown> | undefined;
  private controller: AbortController | undefined;
  private aborted = false;
  private ownLog: Log | undefined;

  constructor(env: Environment, owner: ContextOwner) {
    this.env = env;
    this.owner = owner;
  }

  get clock(): Clock {
    return this.env.clock;
  }

  get log(): Log {
    this.ownLog ??= this.env.log.child({ rule: this.owner.contextRuleId, op: this.owner.name });
    return this.ownLog;
  }

  get gatewayId(): string {
    return this.env.gatewayId;
  }

  get network(): NetworkSettings {
    return this.env.deps.network?.() ?? closedNetwork;
  }

  get dataServer(): DataServer | undefined {
    return this.env.deps.dataServer;
  }

  get aesKey(): Uint8Array | undefined {
    return this.env.deps.aesKey;
  }

  get historian(): Historian | undefined {
    return this.env.deps.historian;
  }

  get connections(): ConnectionAccess {
    return this.env.connections;
  }

  /** Made on first use: most sinks never look at it. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.aborted && !this.controller.signal.aborted) this.controller.abort();
    return this.controller.signal;
  }

  getLogger(): PluginLogger {
    return pluginLogger(this.log);
  }

  getRuleId(): string {
    return this.owner.contextRuleId;
  }

  getOpId(): string {
    return this.owner.name;
  }

  getInstanceId(): number {
    return 0;
  }

  getRootPath(): string {
    return this.env.deps.rootPath;
  }

  status(state: ConnectionState, message = ''): void {
    this.owner.onStatus(state, message);
  }

  dropped(count: number, reason: string): void {
    this.owner.onDropped(count, reason);
  }

  peerDropped(count: number): void {
    this.owner.onPeerDropped?.(count);
  }

  putState(key: string, value: unknown): void {
    this.state ??= new Map();
    this.state.set(key, value);
    this.owner.onState?.();
  }

  getState(key: string): unknown {
    return this.state?.get(key);
  }

  deleteState(key: string): void {
    if (this.state?.delete(key)) this.owner.onState?.();
  }

  incrCounter(key: string, amount: number): void {
    this.putState(key, this.getCounter(key) + amount);
  }

  getCounter(key: string): number {
    return Number(this.state?.get(key) ?? 0);
  }

  /** Aborts `signal`: the instance is closed. */
  abort(): void {
    this.aborted = true;
    this.controller?.abort();
  }

  /** State for the checkpoint; undefined when nothing was put. */
  saveState(): Record<string, unknown> | undefined {
    return this.state?.size ? Object.fromEntries(this.state) : undefined;
  }

  loadState(saved: unknown): void {
    if (typeof saved === 'object' && saved !== null) this.state = new Map(Object.entries(saved));
  }
}

function pluginLogger(log: Log): PluginLogger {
  const put =
    (write: (fields: LogFields, sentence: string) => void) =>
    (message: string, ...more: unknown[]) =>
      write(more.length ? { more } : {}, message);
  return { debug: put(log.debug), info: put(log.info), warn: put(log.warn), error: put(log.error) };
}
