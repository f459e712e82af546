// A port that is kept open: found again by its stable name after an unplug, opened for ever, shared by the sources and sinks that ask for
// the same port with the same line settings. Used by serial; Modbus may use it or openPort alone.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectionState, ConnectorContext, PooledConnection } from '../../contract/context.ts';
import { type LineSettings, lineText } from './line.ts';
import type { PortRoots } from './list.ts';
import { type PortLocks, portLocks, releasePortLocks } from './locks.ts';
import { isNetworkPort } from './network.ts';
import { type OpenPort, openPort } from './open.ts';
import { Owed } from './owed.ts';
import { type PortSelector, selectorText } from './select.ts';

/** A look at /dev costs little, and a person who puts a plug back waits for it. */
const RETRY_MS = 500;
/** A host on the network is asked less often. */
const NETWORK_RETRY = { firstMs: 1000, maxMs: 15_000 };

export interface PortUser {
  /** Bytes as they come. */
  onData(chunk: Buffer): void;
  /** `connected` means: opened anew, forget what came before. */
  onState(state: ConnectionState, message: string): void;
}

export interface KeptPortDeps {
  clock: Clock;
  log: Log;
  locks: PortLocks;
  owner: string;
  roots?: PortRoots;
}

export class KeptPort implements PooledConnection {
  private readonly selector: PortSelector;
  private readonly line: LineSettings;
  private readonly deps: KeptPortDeps;
  private readonly users = new Set<PortUser>();
  private port: OpenPort | undefined;
  private timer: TimerHandle | undefined;
  private closed = false;
  private opening: Promise<void>;
  private told = '';
  private pausers = 0;
  private readonly backoff: Backoff | undefined;
  private talk: Promise<unknown> = Promise.resolve();
  /** Answers that are still under way on this line. */
  readonly owed = new Owed();
  state: ConnectionState = 'connecting';
  message = '';

  constructor(selector: PortSelector, line: LineSettings, deps: KeptPortDeps) {
    this.selector = selector;
    this.line = line;
    this.deps = deps;
    this.backoff = isNetworkPort(selector.port) ? createBackoff(NETWORK_RETRY) : undefined;
    this.opening = this.open();
  }

  /** Path that is open now. */
  get path(): string {
    return this.port?.path ?? selectorText(this.selector);
  }

  /** @returns ends the use */
  use(user: PortUser): () => void {
    this.users.add(user);
    user.onState(this.state, this.message);
    return () => void this.users.delete(user);
  }

  /** Writes and waits until the bytes have left. @throws ioError when the port is away */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (!this.port) throw ioError(this.message || `${this.path} is not open yet`);
    await this.port.write(bytes);
  }

  /** Changes the speed until the next change, or until the port is opened anew. @throws ioError when the port is away */
  async setBaudRate(baudRate: number): Promise<void> {
    if (!this.port) throw ioError(this.message || `${this.path} is not open yet`);
    await this.port.setBaudRate(baudRate);
  }

  /** Runs one conversation (request and answer) at a time on this line. */
  converse<T>(run: () => Promise<T>): Promise<T> {
    const next = this.talk.then(run, run);
    // the queue goes on after a failure, which the caller of that conversation gets
    this.talk = next.catch(() => undefined);
    return next;
  }

  /** Stops reading while any user asks for it: useful with flow control only. @returns go on */
  pause(): () => void {
    if (this.pausers++ === 0) this.port?.stream.pause();
    let done = false;
    return () => {
      if (done) return;
      done = true;
      if (--this.pausers === 0) this.port?.stream.resume();
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.deps.clock.clear(this.timer);
    await this.opening;
    await this.port?.close();
  }

  private async open(): Promise<void> {
    try {
      const port = await openPort({ selector: this.selector, line: this.line, ...this.deps });
      if (this.closed) return await port.close();
      this.port = port;
      this.owed.clear();
      port.stream.on('data', (chunk: Buffer) => {
        for (const user of this.users) user.onData(chunk);
      });
      if (this.pausers > 0) port.stream.pause();
      if (this.told !== '') this.deps.log.info({ port: port.path, device: port.device }, 'Serial port is back.');
      this.told = '';
      this.backoff?.reset();
      this.setState('connected', '');
      void port.ended.then((reason) => {
        port.stream.removeAllListeners('data');
        this.port = undefined;
        if (reason) this.lost(reason.message);
      });
    } catch (error) {
      this.lost(messageOf(error));
    }
  }

  private lost(message: string): void {
    if (this.closed) return;
    if (this.told === '')
      this.deps.log.warn({ code: 'SERIAL_LOST', cause: message, line: lineText(this.line) }, 'Serial port lost; looking for it.');
    this.told = message;
    this.setState('disconnected', message);
    this.timer = this.deps.clock.setTimer(this.backoff?.next() ?? RETRY_MS, () => {
      this.opening = this.open();
    });
  }

  private setState(state: ConnectionState, message: string): void {
    this.state = state;
    this.message = message;
    for (const user of this.users) user.onState(state, message);
  }
}

/** The kept port of this gateway for a selector and line settings; give it back with the function returned. */
export function acquirePort(
  ctx: ConnectorContext,
  selector: PortSelector,
  line: LineSettings,
  owner: string,
): { port: KeptPort; release(): void } {
  const key = `${selectorText(selector)} ${JSON.stringify(line)}`;
  const locks = portLocks(ctx.connections);
  const port = ctx.connections.acquire(
    'serial',
    key,
    (_before, log) => new KeptPort(selector, line, { clock: ctx.clock, log: log.child({ port: selectorText(selector) }), locks, owner }),
  );
  let released = false;
  return {
    port,
    release() {
      if (released) return;
      released = true;
      ctx.connections.release('serial', key);
      releasePortLocks(ctx.connections);
    },
  };
}
