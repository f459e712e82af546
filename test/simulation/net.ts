// Simulated TCP: byte streams between a gateway and its peers with delays, broken pieces, resets and silence. Peers listen by port; gateways dial through
// globals.ts.
import { Duplex } from 'node:stream';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** The peer's end. */
export interface PeerEnd {
  send(bytes: Buffer): void;
  /** Ends it; the gateway learns of it. */
  close(): void;
}

export interface Listener {
  /** Refuses connections. */
  down?: boolean;
  /** Takes no notice of anything: bytes vanish. */
  mute?: boolean;
  accept(end: PeerEnd): { data(bytes: Buffer): void; closed(): void };
}

export class Network {
  readonly world: World;
  readonly listeners = new Map<number, Listener>();
  private readonly open = new Set<GatewaySocket>();

  constructor(world: World) {
    this.world = world;
  }

  dial(process: Process, port: number): GatewaySocket {
    const socket = new GatewaySocket(this.world, process);
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    this.world.at(
      this.world.between(0, 3),
      () => {
        const listener = this.listeners.get(port);
        if (socket.destroyed || listener?.mute) return;
        if (!listener || listener.down) {
          socket.destroy(Object.assign(new Error(`connect ECONNREFUSED 10.0.0.1:${port}`), { code: 'ECONNREFUSED' }));
          return;
        }
        socket.join(listener);
      },
      process,
    );
    return socket;
  }

  /** The gateway is gone: its peers learn of it, unless the power was cut. */
  drop(process: Process, silently: boolean): void {
    for (const s of [...this.open])
      if (s.process === process) {
        s.abandon(silently);
        this.open.delete(s);
      }
  }
}

export class GatewaySocket extends Duplex {
  readonly process: Process;
  connecting = true;
  private readonly world: World;
  private peer: ReturnType<Listener['accept']> | undefined;
  private listener: Listener | undefined;
  private outAtMs = 0;
  private inAtMs = 0;
  private gone = false;
  /** Written before the connection was made. */
  private readonly early: Buffer[] = [];

  constructor(world: World, process: Process) {
    super({ allowHalfOpen: false });
    this.world = world;
    this.process = process;
  }

  join(listener: Listener): void {
    this.connecting = false;
    this.listener = listener;
    this.peer = listener.accept({
      send: (bytes) => this.arrive(bytes),
      close: () => {
        if (this.gone || this.process.alive === false) return;
        this.inAtMs = Math.max(this.inAtMs, this.world.nowMs);
        this.world.at(
          this.inAtMs - this.world.nowMs,
          () => this.destroyed || this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
          this.process,
        );
      },
    });
    this.emit('connect');
    for (const bytes of this.early.splice(0)) this.carry(bytes);
  }

  /** Bytes for the gateway: in order, now and then in pieces. */
  private arrive(bytes: Buffer): void {
    if (this.gone || this.listener?.mute) return;
    const cut = bytes.length > 1 && this.world.chance(0.05) ? this.world.between(1, bytes.length - 1) : bytes.length;
    for (const part of cut < bytes.length ? [bytes.subarray(0, cut), bytes.subarray(cut)] : [bytes]) {
      this.inAtMs = Math.max(this.inAtMs, this.world.nowMs + this.world.between(0, 2));
      this.world.at(
        this.inAtMs - this.world.nowMs,
        () => {
          if (!this.destroyed && !this.gone) this.push(part);
        },
        this.process,
      );
    }
  }

  override _read(): void {
    // bytes are pushed when they come
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.carry(Buffer.from(chunk));
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.carry(Buffer.concat(chunks.map((c) => c.chunk)));
    done();
  }

  private carry(bytes: Buffer): void {
    if (this.connecting) {
      this.early.push(bytes);
      return;
    }
    if (this.gone || !this.process.puts('socket')) return;
    this.outAtMs = Math.max(this.outAtMs, this.world.nowMs + this.world.between(0, 2));
    this.world.at(this.outAtMs - this.world.nowMs, () => {
      if (!this.listener?.mute && !this.ended) this.peer?.data(bytes);
    });
  }

  private ended = false;

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.gone = true;
    this.tell(2);
    done(error);
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
    if (!this.destroyed) this.destroy();
  }

  /** The process does not exist any more. */
  abandon(silently: boolean): void {
    this.gone = true;
    if (!silently) this.tell(2);
  }

  private tell(withinMs: number): void {
    const { peer } = this;
    if (!peer) return;
    this.outAtMs = Math.max(this.outAtMs, this.world.nowMs + this.world.between(0, withinMs));
    this.world.at(this.outAtMs - this.world.nowMs, () => {
      if (this.ended) return;
      this.ended = true;
      peer.closed();
    });
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
