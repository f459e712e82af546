// A PUB socket of ZeroMQ that listens: subscribers connect and name what they want. Sinks with equal addresses share one. A subscriber that does not
// read makes its sinks wait for a while, and is cut then; what lay unsent for it is counted. Used by sink.ts.
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { resolve as absolute, basename, dirname } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { ioError } from '../../base/errors/gateway-error.ts';
import { ownPlaces } from '../../base/files/own-places.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectionState, PooledConnection } from '../../contract/context.ts';
import { type Endpoint, shownEndpoint } from '../net-shared/endpoint.ts';
import { messageOfParts, ZmtpConnection } from './zmtp.ts';

/** What may lie unread for one subscriber before it is waited for, and for how long then. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 5_000;
/** Of everything a subscriber sends: subscriptions. */
const MAX_REQUEST_BYTES = 64 * 1024;
const MAX_SUBSCRIPTIONS = 1000;
const MAX_SUBSCRIBERS = 1000;
/** A peer that connects and says nothing is cut after this. */
const GREET_MS = 10_000;

/** Counts messages that a subscriber did not get. */
export type Dropped = (count: number, reason: string) => void;

/** Removes a socket file that an earlier process left; nothing else is ever removed.
 *  @throws Error when the place is the gateway's, holds something else, or somebody listens there */
async function clearSocketFile(path: string, root: string): Promise<void> {
  const file = absolute(path);
  const refusal = await ownPlaces(root).writeRefusal(dirname(file), basename(file));
  if (refusal) throw new Error(`property server: ${refusal}`);
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (!there) return;
  if (!there.isSocket()) throw new Error(`property server: ${path} is there and is no socket`);
  const used = await new Promise<boolean>((answer) => {
    const probe = connect(file, () => {
      probe.destroy();
      answer(true);
    });
    probe.on('error', () => answer(false));
  });
  if (used) throw ioError(`zmq: cannot listen on ipc://${path}: another process listens there`);
  rmSync(file, { force: true });
}

class Subscriber {
  readonly peer: ZmtpConnection;
  readonly socket: Socket;
  /** Topics by their bytes, with how often each was asked for. */
  readonly topics = new Map<string, { topic: Buffer; times: number }>();
  /** Messages that are not yet in the hands of the system, by who is told when they are lost. */
  readonly unsent = new Map<Dropped, number>();

  constructor(socket: Socket, peer: ZmtpConnection) {
    this.socket = socket;
    this.peer = peer;
  }

  wants(head: Uint8Array): boolean {
    for (const { topic } of this.topics.values())
      if (topic.length <= head.length && topic.equals(head.subarray(0, topic.length))) return true;
    return false;
  }

  subscribe(on: boolean, topic: Buffer): void {
    const key = topic.toString('latin1');
    const known = this.topics.get(key);
    if (on) {
      if (known) known.times++;
      else if (this.topics.size < MAX_SUBSCRIPTIONS) this.topics.set(key, { topic: Buffer.from(topic), times: 1 });
      else this.socket.destroy(new Error(`more than ${MAX_SUBSCRIPTIONS} subscriptions`));
    } else if (known && --known.times === 0) this.topics.delete(key);
  }
}

export class Publisher implements PooledConnection {
  private readonly endpoint: Endpoint;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly server: Server;
  private readonly subscribers = new Set<Subscriber>();
  private readonly sockets = new Set<Socket>();
  private readonly listening: Promise<void>;
  state: ConnectionState = 'connecting';
  stateMessage = '';

  constructor(endpoint: Endpoint, clock: Clock, log: Log, root: string, before: Promise<void> | undefined) {
    this.endpoint = endpoint;
    this.clock = clock;
    this.log = log;
    this.server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 }, (socket) => this.greet(socket));
    this.server.maxConnections = MAX_SUBSCRIBERS;
    this.listening = (before ?? Promise.resolve()).then(() => this.listen(root));
    // whoever waits for `ready` is told; a publisher that nobody waits for harms nobody
    this.listening.catch(() => undefined);
  }

  /** @throws ioError when the address is taken or not of this machine */
  ready(): Promise<void> {
    return this.listening;
  }

  get subscriberCount(): number {
    return this.subscribers.size;
  }

  /** @returns nothing when it is with the system for each subscriber; a promise while one of them is slow */
  publish(parts: readonly Uint8Array[], dropped: Dropped): void | Promise<void> {
    const [head] = parts;
    let message: Buffer | undefined;
    let slow: Subscriber[] | undefined;
    for (const s of this.subscribers) {
      if (!head || !s.wants(head)) continue;
      message ??= messageOfParts(parts);
      s.unsent.set(dropped, (s.unsent.get(dropped) ?? 0) + 1);
      s.peer.send(message, (error) => {
        if (error) return;
        const left = (s.unsent.get(dropped) ?? 1) - 1;
        if (left > 0) s.unsent.set(dropped, left);
        else s.unsent.delete(dropped);
      });
      if (s.socket.writableLength > MAX_UNREAD_BYTES) (slow ??= []).push(s);
    }
    if (slow) return Promise.all(slow.map((s) => this.waitFor(s))).then(() => undefined);
  }

  close(): Promise<void> {
    this.state = 'disconnected';
    // what is written goes out first, for a short while
    const ends = [...this.sockets].map(
      (socket) =>
        new Promise<void>((resolve) => {
          const timer = this.clock.setTimer(500, () => socket.destroy());
          socket.once('close', () => {
            this.clock.clear(timer);
            resolve();
          });
          socket.end();
          socket.resume();
        }),
    );
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    return Promise.all([closed, ...ends]).then(() => undefined);
  }

  private async listen(root: string): Promise<void> {
    const where = shownEndpoint(this.endpoint);
    if ('path' in this.endpoint) await clearSocketFile(this.endpoint.path, root);
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error) => {
        this.stateMessage = `cannot listen on ${where}: ${error.message}`;
        this.state = 'disconnected';
        reject(ioError(`zmq: ${this.stateMessage}`, error));
      };
      this.server.once('error', failed);
      this.server.listen({ ...this.endpoint }, () => {
        this.server.off('error', failed);
        this.server.on('error', (error) => this.log.warn({ reason: error.message }, 'A publisher of ZeroMQ cannot take a subscriber.'));
        this.state = 'connected';
        resolve();
      });
    });
  }

  private greet(socket: Socket): void {
    this.sockets.add(socket);
    const timer = this.clock.setTimer(GREET_MS, () => socket.destroy());
    const peer = new ZmtpConnection(socket, 'PUB', MAX_REQUEST_BYTES, {
      ready: () => {
        this.clock.clear(timer);
        this.subscribers.add(subscriber);
      },
      message: () => undefined,
      subscribed: (on, topic) => subscriber.subscribe(on, topic),
      ended: (error) => {
        this.clock.clear(timer);
        this.sockets.delete(socket);
        if (!this.subscribers.delete(subscriber)) return this.log.warn({ reason: error.message }, 'A subscriber of ZeroMQ was refused.');
        for (const [dropped, count] of subscriber.unsent) dropped(count, 'a subscriber went before it had read them');
        subscriber.unsent.clear();
      },
    });
    const subscriber = new Subscriber(socket, peer);
  }

  private waitFor(s: Subscriber): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimer(PATIENCE_MS, () => {
        this.log.warn({ server: shownEndpoint(this.endpoint) }, 'A subscriber of ZeroMQ does not read; it is cut.');
        s.socket.destroy(new Error('it does not read'));
      });
      const done = () => {
        this.clock.clear(timer);
        s.socket.off('drain', done);
        s.socket.off('close', done);
        resolve();
      };
      s.socket.on('drain', done);
      s.socket.on('close', done);
    });
  }
}
