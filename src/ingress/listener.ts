// The MQTT listener of a device: ports, clients, the clockwork. Lives in a process of its own, so that sensors get their answers while the gateway
// is stopped, updated or restarted. Called by main.ts; next files: connection.ts, hub.ts.
import { mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { Connection, type ConnectionHost, type ConnectionLimits } from './connection.ts';
import { Hub } from './hub.ts';
import { Journal } from './journal.ts';
import { Login } from './login.ts';
import { loadRetained, loadSessions, saveRetained, saveSessions } from './sessions-file.ts';

export interface ListenerOptions {
  clock: Clock;
  log: Log;
  /** Folder of journal, sessions and retained messages. */
  folder: string;
  plain?: { host: string; port: number };
  tls?: { host: string; port: number; certFile: string; keyFile: string };
  ownerPasswordFile?: string;
  usersFile?: string;
  /** Least time between two syncs of the journal. */
  syncEveryMs?: number;
  /** How long the gateway may take for a message before it is written down. */
  graceMs?: number;
  maxJournalBytes?: number;
  maxClients?: number;
  maxClientsPerAddress?: number;
  limits?: Partial<ConnectionLimits>;
  /** Tests: another way to make bytes durable. */
  sync?: (fd: number) => Promise<void>;
}

export interface ListenerFigures {
  clients: number;
  sessions: number;
  /** Messages that wait for sessions. */
  waiting: number;
  received: number;
  delivered: number;
  stored: number;
  dropped: number;
  refused: number;
  journal: { syncs: number; writtenBytes: number; openMessages: number; segments: number };
  /** Why nothing is stored, if so. */
  problem: string | undefined;
}

const SEGMENT_BYTES = 2 * 1024 * 1024;
const TICK_MS = 5000;
const RETAINED_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
const LIMITS: ConnectionLimits = {
  maxPacketBytes: 1_048_576,
  maxUnanswered: 128,
  window: 128,
  maxSubscriptions: 200,
  maxMessagesPerS: 2000,
  connectTimeoutMs: 10_000,
  maxExpiryMs: 14 * DAY_MS,
};

export class Listener {
  readonly #options: ListenerOptions;
  readonly #hub: Hub;
  readonly #login: Login;
  readonly #connections = new Map<string, Connection>();
  readonly #sockets = new Map<Socket, string>();
  readonly #servers: Server[] = [];
  readonly #host: ConnectionHost;
  #tls: TlsServer | undefined;
  #certificate = '';
  #timer: TimerHandle | undefined;
  #retainedAtMs: number;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { clock, folder, log } = options;
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    const journal = new Journal({
      folder: join(folder, 'journal'),
      clock,
      syncEveryMs: options.syncEveryMs ?? 10,
      segmentBytes: SEGMENT_BYTES,
      maxBytes: options.maxJournalBytes ?? roomFor(folder),
      ...(options.sync ? { sync: options.sync } : {}),
    });
    this.#hub = new Hub({
      clock,
      journal,
      graceMs: options.graceMs ?? 25,
      maxQueued: 1000,
      maxQueuedBytes: 4_194_304,
      maxRetained: 10_000,
      maxRetainedBytes: 8_388_608,
    });
    this.#login = new Login({ clock, ownerPasswordFile: options.ownerPasswordFile, usersFile: options.usersFile });
    this.#retainedAtMs = clock.monotonic();
    this.#host = {
      hub: this.#hub,
      clock,
      limits: { ...LIMITS, ...options.limits },
      login: (user, password, clientId, address) => this.#login.check(user, password, clientId, address),
      entered: (connection) => {
        const old = this.#connections.get(connection.clientId);
        this.#connections.set(connection.clientId, connection);
        old?.close('another connection came with the same client id', 0x8e);
      },
      left: (connection) => {
        if (this.#connections.get(connection.clientId) === connection) this.#connections.delete(connection.clientId);
        const { session } = connection;
        if (session && !session.lasting && !session.isConnected && this.#hub.sessions.get(session.clientId) === session)
          this.#hub.drop(session);
      },
      save: async () => saveSessions(join(folder, 'sessions.json'), this.#hub),
      log: (level, fields, text) => log[level](fields, text),
    };
  }

  get figures(): ListenerFigures {
    const { sessions, figures, journal } = this.#hub;
    let waiting = 0;
    for (const session of sessions.values()) waiting += session.waiting;
    return {
      clients: this.#connections.size,
      sessions: sessions.size,
      waiting: Math.max(waiting, journal.figures.openMessages),
      ...figures,
      journal: journal.figures,
      problem:
        journal.failure?.message ?? (journal.takes ? undefined : 'the room for waiting messages is used up; sensors keep what they have'),
    };
  }

  /** @returns the ports, for callers that asked for any */
  async start(): Promise<{ plain: number | undefined; tls: number | undefined }> {
    const { folder, log, clock, plain, tls } = this.#options;
    for (const session of loadSessions(join(folder, 'sessions.json'), clock.now())) this.#hub.restore(session);
    loadRetained(join(folder, 'retained.json'), this.#hub);
    const waiting = this.#hub.recover();
    if (waiting > 0) log.info({ waiting }, 'Messages from before the start wait for their readers.');
    const ports = { plain: undefined as number | undefined, tls: undefined as number | undefined };
    if (plain) ports.plain = await this.#listen(createServer(), plain);
    if (tls) {
      this.#tls = createTlsServer({ minVersion: 'TLSv1.2', handshakeTimeout: 10_000, ...this.#readCertificate() });
      ports.tls = await this.#listen(this.#tls, tls);
    }
    this.#tick();
    return ports;
  }

  async stop(): Promise<void> {
    this.#options.clock.clear(this.#timer);
    for (const server of this.#servers) server.close();
    for (const connection of [...this.#connections.values()]) connection.close('the listener stops', 0x8b);
    for (const socket of this.#sockets.keys()) socket.destroy();
    this.#hub.close();
    await saveRetained(join(this.#options.folder, 'retained.json'), this.#hub);
    await this.#hub.journal.close();
    saveSessions(join(this.#options.folder, 'sessions.json'), this.#hub);
  }

  async #listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
    const { maxClients = 500, maxClientsPerAddress = 100 } = this.#options;
    this.#servers.push(server);
    server.on(this.#tls === server ? 'secureConnection' : 'connection', (socket: Socket) => {
      const address = socket.remoteAddress ?? '';
      const same = [...this.#sockets.values()].filter((a) => a === address).length;
      if (this.#sockets.size >= maxClients || same >= maxClientsPerAddress) {
        this.#options.log.warn({ address }, 'Connection refused: there are too many.');
        socket.destroy();
        return;
      }
      this.#sockets.set(socket, address);
      socket.on('close', () => this.#sockets.delete(socket));
      new Connection(socket, this.#host);
    });
    server.on('tlsClientError', (error: Error, socket: Socket) =>
      this.#options.log.warn({ address: socket.remoteAddress, cause: messageOf(error) }, 'Client refused: TLS was not agreed.'),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.log.error({ cause: messageOf(error) }, 'The port has failed.'));
        resolve();
      });
    });
    return (server.address() as { port: number }).port;
  }

  #tick(): void {
    this.#timer = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
    this.look();
  }

  /** Every few seconds: files that changed, sessions whose time is over, retained messages to the disk. */
  look(): void {
    const { clock, log, folder, tls } = this.#options;
    for (const name of this.#login.reload())
      for (const connection of [...this.#connections.values()])
        if (connection.user === name) connection.close('the user was changed or removed', 0x98);
    if (tls && this.#tls) {
      try {
        const before = this.#certificate;
        const fresh = this.#readCertificate();
        if (this.#certificate !== before) {
          this.#tls.setSecureContext({ minVersion: 'TLSv1.2', ...fresh });
          log.info({}, 'New certificate in use.');
        }
      } catch (error) {
        log.error({ file: tls.certFile, cause: messageOf(error) }, 'The certificate cannot be read; the old one stays in use.');
      }
    }
    const nowMs = clock.now();
    let ended = false;
    for (const session of [...this.#hub.sessions.values()]) {
      if (session.isConnected || !session.lasting || nowMs - session.seenAtMs < session.expiryMs) continue;
      log.warn(
        { client: session.clientId, waiting: session.waiting },
        'The session has ended: its client was away too long. What waited for it is lost.',
      );
      this.#hub.drop(session);
      ended = true;
    }
    if (ended) saveSessions(join(folder, 'sessions.json'), this.#hub);
    if (clock.monotonic() - this.#retainedAtMs >= RETAINED_EVERY_MS) {
      this.#retainedAtMs = clock.monotonic();
      saveRetained(join(folder, 'retained.json'), this.#hub).catch((error: unknown) =>
        log.error({ file: 'retained.json', cause: messageOf(error) }, 'Retained messages cannot be written; they are kept in memory.'),
      );
    }
    for (const connection of this.#connections.values()) connection.release();
  }

  #readCertificate(): { cert: string; key: string } {
    const { certFile, keyFile } = this.#options.tls!;
    const cert = readFileSync(certFile, 'utf8');
    const key = readFileSync(keyFile, 'utf8');
    this.#certificate = `${cert}${key}`;
    return { cert, key };
  }
}

/** A quarter of what is free, 512 MB at most. */
function roomFor(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.max(SEGMENT_BYTES * 2, Math.min(512 * 1024 * 1024, Math.floor((bavail * bsize) / 4)));
}
