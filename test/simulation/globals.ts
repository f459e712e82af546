// What a simulated run replaces of the platform: timers, clocks, randomness and TCP sockets. Imported before anything of the gateway, in a process of
// its own. Each run sets the world that they belong to.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { Duplex } from 'node:stream';
import './real.ts';
import type { EventHandle, World } from './world.ts';

let world: World | undefined;
let connect: ((options: { host?: string; port?: number }) => unknown) | undefined;

/** @param dial opens a simulated socket */
export function enterWorld(next: World, dial: typeof connect): void {
  world = next;
  connect = dial;
}

class Timer {
  event: EventHandle | undefined;
  private readonly delayMs: number;
  private readonly fire: () => void;
  private readonly again: boolean;

  constructor(delayMs: number, fire: () => void, again: boolean) {
    this.delayMs = Math.max(1, delayMs || 1);
    this.fire = fire;
    this.again = again;
    this.arm();
  }

  private arm(): void {
    this.event = world!.at(
      this.delayMs,
      () => {
        if (this.again) this.arm();
        this.fire();
      },
      world!.current,
    );
  }

  clear(): void {
    if (this.event) this.event.cleared = true;
  }

  refresh(): this {
    this.clear();
    this.arm();
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

/** Replaces them for the whole process. */
export function replaceGlobals(): void {
  const g = globalThis as unknown as Record<string, unknown>;
  g['setTimeout'] = (fire: (...a: unknown[]) => void, ms: number, ...a: unknown[]) => new Timer(ms, () => fire(...a), false);
  g['setInterval'] = (fire: (...a: unknown[]) => void, ms: number, ...a: unknown[]) => new Timer(ms, () => fire(...a), true);
  g['clearTimeout'] = (t: unknown) => t instanceof Timer && t.clear();
  g['clearInterval'] = g['clearTimeout'];
  g['setImmediate'] = (fire: (...a: unknown[]) => void, ...a: unknown[]) => {
    const mine = { cleared: false };
    world!.immediate(() => {
      if (!mine.cleared) fire(...a);
    }, world!.current);
    return mine;
  };
  g['clearImmediate'] = (mine: { cleared: boolean } | undefined) => {
    if (mine) mine.cleared = true;
  };
  Date.now = () => (world ? world.wallMs : 0);
  performance.now = () => (world ? world.nowMs : 0);
  const random = () => (world ? world.random() : 0.5);
  Math.random = random;
  const bytes = (n: number) => Buffer.from(Array.from({ length: n }, () => Math.floor(random() * 256)));
  crypto.randomUUID = (() =>
    bytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')) as typeof crypto.randomUUID;
  crypto.randomBytes = bytes as unknown as typeof crypto.randomBytes;
  net.connect = ((options: { host?: string; port?: number }) => connect!(options)) as unknown as typeof net.connect;
  net.createConnection = net.connect;
  // package modbus-serial asks whether it was given a socket
  Object.defineProperty(net.Socket, Symbol.hasInstance, { value: (x: unknown) => x instanceof Duplex });
  syncBuiltinESMExports();
}
