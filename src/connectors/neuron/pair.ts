// The one connection to a Neuron: a PAIR socket of NNG that dials. Neuron takes one partner, so all sources and sinks of one address share it; it dials
// again by itself, with backoff. Used by source.ts and sink.ts.
import { connect, type Socket } from 'node:net';
import { createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectionState, ConnectorContext, PooledConnection } from '../../contract/context.ts';
import { connectError, guardOf } from '../net-shared/destination.ts';
import { type Endpoint, shownEndpoint } from '../net-shared/endpoint.ts';
import { frameOf, helloOf, SpReader, type Wire } from '../net-shared/sp-wire.ts';

const GREET_MS = 5_000;
/** Half a second at first: a Neuron that starts beside us is there soon. */
const RETRY = { firstMs: 500, maxMs: 5_000 };

export interface PairUser {
  onState(state: ConnectionState, message?: string): void;
  /** Sources: what Neuron says. */
  onMessage?(message: Buffer): void;
}

export class PairSocket implements PooledConnection {
  private readonly endpoint: Endpoint;
  private readonly network: Pick<ConnectorContext, 'network'>;
  private readonly clock: Clock;
  private readonly users = new Set<PairUser>();
  private readonly backoff = createBackoff(RETRY);
  private readonly wire: Wire;
  private socket: Socket | undefined;
  private timer: TimerHandle | undefined;
  private closed = false;
  state: ConnectionState = 'connecting';
  stateMessage = '';

  constructor(endpoint: Endpoint, ctx: Pick<ConnectorContext, 'network' | 'clock'>, before: Promise<void> | undefined) {
    this.endpoint = endpoint;
    this.network = ctx;
    this.clock = ctx.clock;
    this.wire = 'path' in endpoint ? 'ipc' : 'tcp';
    if (before) void before.then(() => this.dial());
    else this.dial();
  }

  /** @returns stops it */
  use(user: PairUser): () => void {
    this.users.add(user);
    user.onState(this.state, this.stateMessage);
    return () => void this.users.delete(user);
  }

  /** Resolves when the system has the message: nobody confirms that Neuron has. @throws ioError while Neuron is away */
  send(content: Uint8Array): Promise<void> {
    const { socket } = this;
    if (!socket || this.state !== 'connected')
      return Promise.reject(ioError(`neuron ${shownEndpoint(this.endpoint)}: ${this.stateMessage || 'not connected'}`));
    return new Promise((sent, failed) =>
      socket.write(frameOf(this.wire, content), (error) =>
        error ? failed(ioError(`neuron ${shownEndpoint(this.endpoint)}: ${error.message}`, error)) : sent(),
      ),
    );
  }

  close(): void {
    this.closed = true;
    this.clock.clear(this.timer);
    // what was handed over still goes out
    this.socket?.end();
    this.socket = undefined;
  }

  private tell(state: ConnectionState, message = ''): void {
    this.state = state;
    this.stateMessage = message;
    for (const u of this.users) u.onState(state, message);
  }

  private dial(): void {
    if (this.closed) return;
    const socket = connect({ ...this.endpoint, ...guardOf(this.network), noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
    this.socket = socket;
    let why: Error | undefined;
    const greet = this.clock.setTimer(GREET_MS, () => socket.destroy(new Error(`no answer within ${GREET_MS / 1000} s`)));
    const reader = new SpReader('pair', this.wire, (message) => {
      for (const u of this.users) u.onMessage?.(message);
    });
    socket.on('error', (error) => {
      why = error;
    });
    socket.on('close', () => {
      this.clock.clear(greet);
      if (this.closed || this.socket !== socket) return;
      this.socket = undefined;
      const error = why ?? new Error('Neuron ended the connection; it takes one partner only');
      this.tell('disconnected', messageOf(connectError(`neuron ${shownEndpoint(this.endpoint)}`, error)));
      this.timer = this.clock.setTimer(this.backoff.next(), () => this.dial());
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.take(chunk);
      } catch (error) {
        return void socket.destroy(ioError(messageOf(error), error));
      }
      if (!reader.greeted || this.state === 'connected' || this.socket !== socket) return;
      this.clock.clear(greet);
      this.backoff.reset();
      this.tell('connected');
    });
    socket.write(helloOf('pair'));
  }
}
