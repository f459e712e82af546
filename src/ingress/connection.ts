// One client of the listener: its packets in, its answers out, MQTT 3.1, 3.1.1 and 5. Answers to messages go out in the order in which the messages
// came, each when its message is safe. Called by listener.ts; next files: hub.ts, session.ts, acl.ts.
import type { Socket } from 'node:net';
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet,
  parser,
} from 'mqtt-packet';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { isFilter, isTopic, type Rights } from './acl.ts';
import type { Held, Hub, Incoming } from './hub.ts';
import { PacketGuard } from './packet-guard.ts';
import type { Outlet, Session } from './session.ts';

export interface ConnectionLimits {
  /** Bytes of one packet. */
  maxPacketBytes: number;
  /** Messages of a sensor that wait for their answer; then nothing more is read from it. */
  maxUnanswered: number;
  /** Messages to a client that it has not confirmed. */
  window: number;
  maxSubscriptions: number;
  /** Messages a second and client; faster ones are read later. 0: no limit. */
  maxMessagesPerS: number;
  connectTimeoutMs: number;
  /** Longest life of a session without its client. */
  maxExpiryMs: number;
}

export interface ConnectionHost {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** @returns the user's rights, or why it is refused */
  login(
    user: string | undefined,
    password: Buffer | undefined,
    clientId: string,
    address: string,
  ): Promise<{ user: string; rights: Rights } | { refused: string }>;
  /** The client is in: an earlier connection of the same id ends. */
  entered(connection: Connection): void;
  left(connection: Connection): void;
  /** Sessions or subscriptions changed: on the disk before the client is told. */
  save(): Promise<void>;
  log(level: 'info' | 'warn', fields: Record<string, unknown>, text: string): void;
}

const CONGESTED_BYTES = 262_144;
/** Properties of MQTT 5 that belong to the message. */
const TRAVELLING = ['payloadFormatIndicator', 'messageExpiryInterval', 'contentType', 'responseTopic', 'correlationData', 'userProperties'];

export class Connection implements Outlet {
  clientId = '';
  user = '';
  session: Session | undefined;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #address: string;
  readonly #parser = parser();
  readonly #guard: PacketGuard;
  #version = 4;
  #window: number;
  #rights: Rights | undefined;
  #will: Incoming | undefined;
  #keepaliveMs = 0;
  #timer: TimerHandle | undefined;
  #seenAtMs = 0;
  #closed = false;
  /** Packets one after another: a subscription is on the disk before what comes behind it is looked at. */
  #work: Promise<void> = Promise.resolve();
  #busy = 0;
  /** Answers in the order of their messages. */
  readonly #answers: { packet: Packet; ready: boolean }[] = [];
  /** Messages of QoS 2 that came and are not released: a second one of the same number is the same. */
  readonly #received = new Set<number>();
  #second = 0;
  #thisSecond = 0;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#address = socket.remoteAddress ?? '';
    this.#window = host.limits.window;
    this.#guard = new PacketGuard(host.limits.maxPacketBytes);
    socket.setNoDelay(true);
    this.#arm(host.limits.connectTimeoutMs, 'no CONNECT in time');
    this.#parser.on('packet', (packet: Packet) => this.#enqueue(packet));
    this.#parser.on('error', (error: Error) => this.#fail(messageOf(error), 0x81));
    socket.on('data', (bytes: Buffer) => {
      this.#seenAtMs = host.clock.monotonic();
      if (!this.#guard.takes(bytes)) return this.#fail(`a packet of more than ${host.limits.maxPacketBytes} bytes`, 0x95);
      this.#parser.parse(bytes);
      this.#brake();
    });
    socket.on('drain', () => this.session?.pump());
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  get window(): number {
    return this.#window;
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > CONGESTED_BYTES;
  }

  send(held: Held, qos: 0 | 1, packetId: number | undefined, again: boolean): void {
    const packet: IPublishPacket = { cmd: 'publish', topic: held.topic, payload: held.payload, qos, dup: again, retain: false };
    if (packetId !== undefined) packet.messageId = packetId;
    if (this.#version === 5 && held.properties) packet.properties = held.properties;
    this.#write(packet);
  }

  /** Another connection of the same client, or the end of the process. */
  close(reason: string, code: number): void {
    if (this.#version === 5 && this.#rights) this.#write({ cmd: 'disconnect', reasonCode: code });
    this.#host.log('info', { client: this.clientId, cause: reason }, 'Client disconnected.');
    this.#end();
    this.#socket.destroySoon();
  }

  /** Reads on when it had to wait. */
  release(): void {
    if (!this.#closed && this.#socket.isPaused() && this.#unanswered < this.#host.limits.maxUnanswered) this.#socket.resume();
  }

  get #unanswered(): number {
    return this.#answers.length + this.#busy;
  }

  #brake(): void {
    const { limits, clock, hub } = this.#host;
    if (this.#unanswered >= limits.maxUnanswered || hub.heldBytes > 33_554_432) this.#socket.pause();
    const second = Math.floor(clock.monotonic() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#thisSecond = 0;
    }
    if (limits.maxMessagesPerS > 0 && this.#thisSecond >= limits.maxMessagesPerS) {
      this.#socket.pause();
      clock.setTimer(1000 - (clock.monotonic() % 1000), () => this.release());
    }
  }

  #enqueue(packet: Packet): void {
    if (this.#closed) return;
    this.#busy++;
    this.#work = this.#work
      .then(() => (this.#closed ? undefined : this.#handle(packet)))
      .catch((error: unknown) => this.#fail(messageOf(error), 0x80))
      .finally(() => {
        this.#busy--;
        this.release();
      });
  }

  async #handle(packet: Packet): Promise<void> {
    if (!this.#rights) {
      if (packet.cmd !== 'connect') return this.#fail('the first packet is no CONNECT', 0x82);
      return this.#connect(packet);
    }
    switch (packet.cmd) {
      case 'publish':
        return this.#publish(packet);
      case 'puback':
      case 'pubcomp':
        this.session?.confirm(packet.messageId!);
        return;
      case 'pubrel':
        this.#received.delete(packet.messageId!);
        this.#write({ cmd: 'pubcomp', messageId: packet.messageId! });
        return;
      case 'subscribe':
        return this.#subscribe(packet);
      case 'unsubscribe':
        return this.#unsubscribe(packet);
      case 'pingreq':
        this.#write({ cmd: 'pingresp' });
        return;
      case 'disconnect':
        if (packet.reasonCode !== 0x04) this.#will = undefined;
        this.#end();
        this.#socket.end();
        return;
      default:
        return this.#fail(`a client does not send ${packet.cmd}`, 0x82);
    }
  }

  async #connect(packet: IConnectPacket): Promise<void> {
    const { hub, limits, clock } = this.#host;
    this.#version = packet.protocolVersion ?? 4;
    const five = this.#version === 5;
    const refuse = (old: number, code: number, why: string) => {
      this.#write({ cmd: 'connack', sessionPresent: false, returnCode: old, reasonCode: code } as IConnackPacket);
      this.#host.log('warn', { client: packet.clientId, user: packet.username, address: this.#address, cause: why }, 'Client refused.');
      this.#end();
      this.#socket.end();
    };
    let clientId = packet.clientId ?? '';
    const given = clientId !== '';
    if (!given) {
      if (!packet.clean && !five) return refuse(2, 0x85, 'a session needs a client id');
      clientId = `auto-${Math.floor(clock.now()).toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
    }
    if (clientId.length > 256 || clientId.includes('\0')) return refuse(2, 0x85, 'the client id is too long');
    const login = await this.#host.login(
      packet.username,
      packet.password === undefined ? undefined : Buffer.from(packet.password),
      clientId,
      this.#address,
    );
    if (this.#closed) return;
    if ('refused' in login) return refuse(5, 0x87, login.refused);
    const old = hub.sessions.get(clientId);
    if (old && old.user !== login.user) return refuse(2, 0x85, 'the client id belongs to another user');
    if (packet.will) {
      const { topic, payload, qos, retain } = packet.will;
      if (!isTopic(topic) || !login.rights.mayPublish(topic)) return refuse(5, 0x87, `this user may not publish ${topic}`);
      this.#will = { topic, payload: Buffer.from(payload), qos: qos ?? 0, retain: retain ?? false };
    }
    this.clientId = clientId;
    this.user = login.user;
    this.#rights = login.rights;
    clock.clear(this.#timer);
    this.#timer = undefined;
    this.#host.entered(this);
    const clean = packet.clean ?? true;
    const wishedS = five ? Number(packet.properties?.sessionExpiryInterval ?? 0) : clean ? 0 : Number.POSITIVE_INFINITY;
    const expiryMs = Math.min(wishedS * 1000, limits.maxExpiryMs);
    if (old && clean) hub.drop(old);
    let session = hub.sessions.get(clientId);
    const present = session !== undefined;
    const changed = !session || session.expiryMs !== expiryMs;
    session ??= hub.newSession(clientId, login.user, expiryMs);
    session.expiryMs = expiryMs;
    this.session = session;
    if (changed && (expiryMs > 0 || old?.lasting)) await this.#host.save();
    if (this.#closed) return;
    if (five) this.#window = Math.min(this.#window, packet.properties?.receiveMaximum ?? 65_535);
    const properties = {
      receiveMaximum: limits.maxUnanswered,
      maximumPacketSize: limits.maxPacketBytes,
      topicAliasMaximum: 0,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      sessionExpiryInterval: Math.floor(expiryMs / 1000),
      ...(given ? {} : { assignedClientIdentifier: clientId }),
    };
    this.#write({
      cmd: 'connack',
      sessionPresent: present,
      returnCode: 0,
      reasonCode: 0,
      ...(five ? { properties } : {}),
    } as IConnackPacket);
    this.#keepaliveMs = (packet.keepalive ?? 0) * 1500;
    this.#seenAtMs = clock.monotonic();
    if (this.#keepaliveMs > 0) this.#arm(this.#keepaliveMs, 'nothing was heard for one and a half keepalive');
    session.attach(this);
  }

  #publish(packet: IPublishPacket): void {
    const { hub } = this.#host;
    const { topic, qos, messageId } = packet;
    this.#thisSecond++;
    if (!isTopic(topic)) return this.#fail('this is no topic', 0x90);
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    if (!this.#rights!.mayPublish(topic)) {
      // MQTT 3.1.1 knows no refusal but the end of the connection; an answer would tell the sensor that its message was taken
      this.#host.log('warn', { client: this.clientId, user: this.user, topic }, 'Message refused: this user may not publish this topic.');
      if (this.#version !== 5) return this.#fail(`may not publish ${topic}`, 0x87);
      if (qos > 0) this.#write({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId: messageId!, reasonCode: 0x87 } as Packet);
      return;
    }
    const given = packet.properties as Record<string, unknown> | undefined;
    const kept = given && Object.fromEntries(TRAVELLING.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
    const properties = kept && Object.keys(kept).length > 0 ? kept : undefined;
    const message: Incoming = { topic, payload, qos, retain: packet.retain, properties };
    if (qos === 0) {
      void hub.accept(message).catch(() => undefined); // nobody was promised anything
      return;
    }
    const answer = { packet: { cmd: qos === 1 ? 'puback' : 'pubrec', messageId: messageId! } as Packet, ready: false };
    this.#answers.push(answer);
    if (qos === 2 && this.#received.has(messageId!)) {
      answer.ready = true;
      this.#answer();
      return;
    }
    hub.accept(message).then(
      () => {
        if (qos === 2) this.#received.add(messageId!);
        answer.ready = true;
        this.#answer();
      },
      // not safe and so not answered: the sensor sends it again
      (error: Error) => this.#fail(error.message, 0x97),
    );
  }

  #answer(): void {
    let sent = false;
    while (this.#answers[0]?.ready) {
      this.#write(this.#answers.shift()!.packet);
      sent = true;
    }
    if (sent) this.release();
  }

  async #subscribe(packet: ISubscribePacket): Promise<void> {
    const { hub, limits } = this.#host;
    const session = this.session!;
    const granted: number[] = [];
    const fresh: string[] = [];
    let changed = false;
    for (const { topic, qos } of packet.subscriptions) {
      const room = session.subscriptions.has(topic) || session.subscriptions.size < limits.maxSubscriptions;
      if (!isFilter(topic) || topic.startsWith('$share/') || !this.#rights!.maySubscribe(topic) || !room) {
        this.#host.log('warn', { client: this.clientId, user: this.user, topic }, 'Subscription refused.');
        granted.push(this.#version === 5 ? (isFilter(topic) ? 0x87 : 0x8f) : 0x80);
        continue;
      }
      const level = Math.min(qos, 1);
      if (session.subscriptions.get(topic) !== level) {
        session.subscriptions.set(topic, level);
        changed = true;
      }
      granted.push(level);
      fresh.push(topic);
    }
    if (changed && session.lasting) await this.#host.save();
    if (this.#closed) return;
    this.#write({ cmd: 'suback', messageId: packet.messageId!, granted } as Packet);
    for (const filter of fresh) {
      for (const [topic, { payload, properties }] of hub.retainedFor(filter)) {
        const retained: IPublishPacket = { cmd: 'publish', topic, payload, qos: 0, dup: false, retain: true };
        if (this.#version === 5 && properties) retained.properties = properties;
        this.#write(retained);
      }
    }
  }

  async #unsubscribe(packet: IUnsubscribePacket): Promise<void> {
    const session = this.session!;
    let changed = false;
    const granted = packet.unsubscriptions.map((topic) => {
      const had = session.subscriptions.delete(topic);
      changed ||= had;
      return had ? 0 : 0x11;
    });
    if (changed && session.lasting) await this.#host.save();
    this.#write({ cmd: 'unsuback', messageId: packet.messageId!, granted } as Packet);
  }

  #arm(afterMs: number, reason: string): void {
    const { clock } = this.#host;
    this.#timer = clock.setTimer(afterMs, () => {
      const quietMs = clock.monotonic() - this.#seenAtMs;
      // what it sent while we did not read counts too
      if (this.#rights && (quietMs < afterMs || this.#socket.isPaused())) return this.#arm(Math.max(1000, afterMs - quietMs), reason);
      this.#fail(reason, 0x8d);
    });
  }

  #fail(reason: string, code: number): void {
    if (this.#closed) return;
    this.#host.log('warn', { client: this.clientId, address: this.#address, cause: reason }, 'Client disconnected.');
    if (this.#version === 5 && this.#rights) this.#write({ cmd: 'disconnect', reasonCode: code });
    this.#end();
    this.#socket.destroySoon();
  }

  #write(packet: Packet): void {
    if (this.#closed || this.#socket.destroyed) return;
    this.#socket.write(generate(packet, { protocolVersion: this.#version }));
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#host.clock.clear(this.#timer);
    this.session?.detach(this, this.#host.clock.now());
    if (this.#will && this.#rights) void this.#host.hub.accept(this.#will).catch(() => undefined); // nobody waits for an answer to a will
    this.#host.left(this);
  }
}
