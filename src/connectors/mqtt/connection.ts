// One MQTT connection: shared by sinks with equal properties, by sources with a named connection, or owned by one source. It reconnects for
// ever with jittered backoff, tries several servers in turn, falls back from MQTT 5 to 3.1.1, subscribes again when the broker forgot
// the session, and hands each message to the subscriptions that match. Used by source.ts and sink.ts.
import type { IClientOptions, IClientSubscribeOptions, IConnackPacket, IPublishPacket } from 'mqtt';
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectionState, PooledConnection } from '../../contract/context.ts';
import { HoldingClient } from './holding-client.ts';
import type { ConnectionProps } from './options.ts';
import { explainDisconnect, explainRefusal } from './reasons.ts';
import { createRoutes } from './routes.ts';
import { type Address, createStreamBuilder, explainConnectionError, parseAddresses } from './streams.ts';
import { filterId, withoutCovered } from './topic.ts';
import { bytesOf, createUnwelcomeWatch, type Publication, packetBytes } from './unwelcome.ts';

/** Never more than one attempt a second, and back within 5 s of the broker's return: 1–2 s at first, then 2–4 s. */
const FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 4000;
/** A connection that lived this long starts the backoff anew. */
const STABLE_MS = 10_000;
/** eKuiper's limit for one operation. */
const CONFIRM_LIMIT_MS = 5000;
/** Large messages on slow links: so much more time is given as this many bytes a second need. */
const SLOW_LINK_BYTES_PER_S = 25_000;
/** Reasons of a DISCONNECT that are about a packet: protocol error, not authorized, topic name, packet too large, payload format. */
const BLAMES_A_PACKET = new Set([130, 135, 144, 149, 153]);
const NO_CONFIRMATION = 'the broker confirmed no publication for 5 s';
/** How long messages of an old session wait for the subscription that they are for: rules start within seconds of each other. */
const EARLY_MS = 30_000;
const quiet = () => undefined;

export type MessageHandler = (packet: IPublishPacket, ack: (() => void) | undefined) => void | Promise<void>;

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
}

export interface MqttConnectionDeps {
  clock: Clock;
  log: Log;
  /** Client id when the user gave none. */
  clientId: string;
  /** Persistent session (MQTT 3.1.1 clean=false, MQTT 5 with expiry). */
  persistent: boolean;
  /** Sources of different topics join and leave (connectionSelector, one clientid). */
  shared?: boolean;
  /** The connection that had this client id before still says goodbye. */
  before?: Promise<void> | undefined;
}

interface Redelivery {
  topic: string;
  payload: Buffer;
  done: boolean;
  /** Acknowledges on the present connection. */
  ack: () => void;
}

/** MQTT 5 refuses single messages. Those that a repeat cannot cure lose the item: not authorized, topic name, packet too large, payload format. */
const FINAL_REFUSALS: Readonly<Record<number, string>> = {
  135: 'the broker does not allow it: check its access rules',
  144: 'the broker does not accept this topic name',
  149: 'the broker does not accept a packet of this size',
  153: 'the broker does not accept this payload format',
};

function publishError(error: Error & { code?: unknown }, topic: string): Error {
  const words = typeof error.code === 'number' ? FINAL_REFUSALS[error.code] : undefined;
  return words ? new Error(`publishing to "${topic}" was refused: ${words}`, { cause: error }) : ioError(messageOf(error), error);
}

export class MqttConnection implements PooledConnection {
  private readonly props: ConnectionProps;
  private readonly deps: MqttConnectionDeps;
  private readonly addresses: Address[];
  private readonly subscriptions = new Set<Subscription>();
  private readonly watchers = new Set<(state: ConnectionState, message?: string) => void>();
  private readonly backoff: Backoff;
  private readonly routes = createRoutes(() => this.subscriptions);
  /** Messages given out and not confirmed, by packet id: a broker repeats them after a reconnect, and they are not given out again. */
  private readonly unconfirmed = new Map<number, Redelivery>();
  private readonly early: { packet: IPublishPacket; ack: () => void }[] = [];
  private earlyTimer: TimerHandle | undefined;
  /** Publications that wait for the broker, and when it last confirmed one. */
  private pending = 0;
  /** Of these the ones that are on the wire: an MQTT 5 broker says how many it takes at a time, and hangs up on more. The others take turns. */
  private flying = 0;
  private sendLimit = Number.POSITIVE_INFINITY;
  private maxSendBytes = Number.POSITIVE_INFINITY;
  private readonly onWire = new Set<Publication>();
  private readonly unwelcome = createUnwelcomeWatch();
  /** Each says whether it took the place. */
  private turns: (() => boolean)[] = [];
  private confirmedAtMs = 0;
  private confirmTimer: TimerHandle | undefined;
  private stalled = false;
  private client: HoldingClient | undefined;
  private gathering: HoldingClient | undefined;
  private timer: TimerHandle | undefined;
  private addressIndex = 0;
  private version: 3 | 4 | 5;
  /** The broker spoke this version once. */
  private versionKnown = false;
  /** Attempts in a row that ended without an answer to CONNECT. */
  private unanswered = 0;
  /** Overlapping filters can be told apart (MQTT 5). */
  private withIds = false;
  private closed = false;
  private connectedAtMs = 0;
  /** The broker had a session of ours. */
  private resumed = false;
  /** A subscription left its session behind: what comes for it now is not confirmed. */
  private leaving = false;
  /** Filters whose session shall go on collecting when the connection ends. */
  private readonly kept = new Set<string>();
  private failure: Error | undefined;
  state: ConnectionState = 'connecting';
  stateMessage = '';

  /** @throws Error when the address or the TLS files are wrong */
  constructor(props: ConnectionProps, deps: MqttConnectionDeps) {
    this.props = props;
    this.deps = deps;
    this.addresses = parseAddresses(props.server);
    this.version = props.protocolVersion === '3.1' ? 3 : props.protocolVersion === '3.1.1' || props.protocolVersion === '4' ? 4 : 5;
    this.backoff = createBackoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS });
    if (deps.before) void deps.before.then(() => this.connect());
    else void this.connect();
  }

  get connected(): boolean {
    return this.client?.connected === true;
  }

  get protocolVersion(): number {
    return this.version;
  }

  watch(onState: (state: ConnectionState, message?: string) => void): () => void {
    this.watchers.add(onState);
    onState(this.state, this.stateMessage);
    return () => this.watchers.delete(onState);
  }

  subscribe(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    for (const f of subscription.filters) this.kept.delete(f);
    this.leaving = false;
    this.routes.changed();
    subscription.onState(this.state === 'connected' ? 'connecting' : this.state, this.stateMessage);
    const early = this.early.splice(0);
    for (const m of early) void this.dispatch(m.packet, m.ack);
    if (this.connected) this.sendSubscribe(subscription);
  }

  /** @param keepSession true at shutdown: the broker goes on collecting for a persistent session */
  async unsubscribe(subscription: Subscription, keepSession: boolean): Promise<void> {
    if (!this.subscriptions.delete(subscription)) return;
    this.routes.changed();
    if (keepSession) for (const f of subscription.filters) this.kept.add(f);
    this.leaving = keepSession && this.subscriptions.size === 0;
    if (keepSession || !this.connected) return;
    const still = new Set([...this.subscriptions].flatMap((s) => s.filters));
    const gone = subscription.filters.filter((f) => !still.has(f));
    if (gone.length)
      await this.client!.unsubscribeAsync(gone).catch((error) =>
        this.deps.log.debug({ error: messageOf(error) }, 'Unsubscribe was not confirmed.'),
      );
  }

  /** Publishes one message.
   *  @returns nothing when it was handed to the socket (QoS 0), a promise of the broker's confirmation otherwise, or of room in the socket
   *  @throws ioError when the connection is down */
  publish(
    topic: string,
    data: string | Uint8Array,
    qos: 0 | 1 | 2,
    retain: boolean,
    userProperties?: Record<string, string>,
  ): void | Promise<void> {
    const client = this.client;
    if (!client?.connected)
      throw ioError(`not connected to ${this.addresses[this.addressIndex]!.text}${this.stateMessage ? `: ${this.stateMessage}` : ''}`);
    const payload = typeof data === 'string' || Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const options = userProperties && this.version === 5 ? { qos, retain, properties: { userProperties } } : { qos, retain };
    if (this.maxSendBytes < Number.POSITIVE_INFINITY) {
      const bytes = packetBytes(topic, payload, qos, this.version === 5 ? userProperties : undefined);
      if (bytes > this.maxSendBytes)
        throw new Error(`publishing to "${topic}": a packet of ${bytes} bytes is larger than the broker accepts (${this.maxSendBytes})`);
    }
    this.gather(client);
    if (qos === 0) {
      client.publish(topic, payload, options);
      const stream = client.stream as { writableNeedDrain?: boolean; once(event: string, f: () => void): unknown };
      if (stream.writableNeedDrain !== true) return;
      return new Promise((resolve) => {
        stream.once('drain', resolve);
        client.once('close', resolve);
      });
    }
    this.awaitConfirmation();
    return new Promise((resolve, reject) => {
      let open = true;
      let sent = false;
      const publication: Publication = {
        topic,
        payload,
        refuse: (error) => {
          if (settle()) reject(error);
        },
      };
      const settle = (): boolean => {
        if (!open) return false;
        open = false;
        this.pending--;
        client.removeListener('close', lost);
        if (!sent) return true;
        this.onWire.delete(publication);
        this.landed();
        return true;
      };
      const lost = () => {
        if (settle()) reject(ioError(this.stalled ? NO_CONFIRMATION : 'the connection was lost before the broker confirmed'));
      };
      const send = (): boolean => {
        if (!client.connected) lost();
        if (!open) return false;
        sent = true;
        this.onWire.add(publication);
        client.publish(topic, payload, options, (error) => {
          if (error && this.stalled) return lost();
          if (!settle()) return;
          this.confirmedAtMs = this.deps.clock.monotonic();
          if (error) reject(publishError(error, topic));
          else {
            this.unwelcome.confirmed(publication);
            resolve();
          }
        });
        return true;
      };
      client.once('close', lost);
      if (this.flying < this.sendLimit) {
        this.flying++;
        send();
      } else this.turns.push(send);
    });
  }

  /** A publication is off the wire: its place is the next one's. */
  private landed(): void {
    while (this.turns.length > 0) if (this.turns.shift()!()) return;
    this.flying--;
  }

  /** A broker that answers pings but confirms nothing is as good as lost: after 5 s without any confirmation the connection is made anew. */
  private awaitConfirmation(): void {
    const { clock } = this.deps;
    if (this.pending++ > 0 || this.confirmTimer) return;
    this.confirmedAtMs = clock.monotonic();
    const look = () => {
      this.confirmTimer = undefined;
      if (this.pending === 0 || this.closed) return;
      let bytes = 0;
      for (const p of this.onWire) bytes += bytesOf(p);
      const leftMs = this.confirmedAtMs + CONFIRM_LIMIT_MS + (bytes / SLOW_LINK_BYTES_PER_S) * 1000 - clock.monotonic();
      if (leftMs > 0) {
        this.confirmTimer = clock.setTimer(leftMs, look);
        return;
      }
      if (!this.client) return; // being made anew already
      this.stalled = true;
      this.failure = ioError(`${this.addresses[this.addressIndex]!.text}: ${NO_CONFIRMATION}`);
      this.client.stream.destroy();
    };
    this.confirmTimer = clock.setTimer(CONFIRM_LIMIT_MS, look);
  }

  /** What is written until the end of this turn of the event loop leaves in one system call: a message costs half as much then. */
  private gather(client: HoldingClient): void {
    if (this.gathering === client) return;
    this.gathering = client;
    const { stream } = client;
    stream.cork();
    setImmediate(() => {
      if (this.gathering === client) this.gathering = undefined;
      stream.uncork();
    });
  }

  /** Ends the connection for good, and its session at the broker unless a subscription that left wants it kept: else the session of a
   *  stopped rule stays there for days (MQTT 5) or for ever. */
  async close(): Promise<void> {
    if (this.closed) return;
    const client = this.client;
    // not connected: the broker cannot be told; MQTT 5 sessions expire
    if (!this.deps.persistent || this.kept.size > 0 || !client?.connected) return this.leave();
    if (this.version === 5) {
      this.closed = true;
      this.deps.clock.clear(this.timer);
      this.deps.clock.clear(this.earlyTimer);
      this.deps.clock.clear(this.confirmTimer);
      await this.disconnect(client, { properties: { sessionExpiryInterval: 0 } });
      return;
    }
    const builder = await createStreamBuilder(this.addresses[this.addressIndex]!, this.props);
    await this.leave();
    // MQTT 3: a connection with a clean session of the same name clears it
    const clearing = new HoldingClient(builder, { ...this.clientOptions(), clean: true }, this.props.maxPayloadBytes, () => undefined);
    clearing.on('error', (error) => this.deps.log.debug({ error: messageOf(error) }, 'The session could not be ended.'));
    await this.within(500, new Promise<void>((resolve) => clearing.once('connect', () => resolve()).once('close', () => resolve())));
    await this.disconnect(clearing);
  }

  private async leave(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.deps.clock.clear(this.timer);
    this.deps.clock.clear(this.earlyTimer);
    this.deps.clock.clear(this.confirmTimer);
    const client = this.client;
    this.client = undefined;
    if (client) await this.disconnect(client);
  }

  /** Says goodbye, for at most half a second, and lets go. */
  private async disconnect(client: HoldingClient, goodbye?: Parameters<HoldingClient['endAsync']>[1]): Promise<void> {
    if (this.client === client) this.client = undefined;
    if (client.connected)
      await this.within(
        500,
        client.endAsync(false, goodbye).catch((error) => this.deps.log.debug({ error: messageOf(error) }, 'MQTT disconnect failed.')),
      );
    client.removeAllListeners();
    client.on('error', (error) => this.deps.log.debug({ error: messageOf(error) }, 'Error of a closed MQTT connection.'));
    client.end(true);
  }

  private async within(ms: number, work: Promise<unknown>): Promise<void> {
    let timer: TimerHandle | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.deps.clock.setTimer(ms, resolve);
    });
    await Promise.race([work, late]);
    this.deps.clock.clear(timer);
  }

  // ------------------------------------------------------------------------------------------------------------ connecting

  private async connect(): Promise<void> {
    if (this.closed) return;
    const address = this.addresses[this.addressIndex]!;
    this.failure = undefined;
    // some brokers of 3.1.1 hang up on a CONNECT of MQTT 5 instead of naming their version: every third attempt tries the old one
    if (!this.props.protocolVersion && !this.versionKnown) this.version = this.unanswered % 3 === 2 ? 4 : 5;
    let client: HoldingClient;
    try {
      const builder = await createStreamBuilder(address, this.props);
      if (this.closed) return;
      client = new HoldingClient(builder, this.clientOptions(), this.props.maxPayloadBytes, (packet, ack) => this.deliver(packet, ack));
    } catch (error) {
      this.lost(explainConnectionError(error, address));
      return;
    }
    this.client = client;
    client.setMaxListeners(0);
    client.on('connect', (connack) => this.onConnect(client, connack));
    client.on('error', (error) => this.onError(error, address));
    client.on('disconnect', (packet) => {
      const code = packet.reasonCode ?? 0;
      this.failure = ioError(`${address.text}: ${explainDisconnect(code, this.clientId)}`);
      if (BLAMES_A_PACKET.has(code)) this.unwelcome.lost(this.onWire, this.deps.clock.monotonic());
    });
    client.on('close', () => {
      if (this.client !== client || this.closed) return;
      const hungUp = !this.failure || (this.failure.cause as { code?: unknown } | undefined)?.code === 'ECONNRESET';
      // before the publications on the wire learn of the loss
      if (hungUp && this.connectedAtMs) this.unwelcome.lost(this.onWire, this.deps.clock.monotonic());
      if (hungUp && !this.connectedAtMs) this.unanswered++;
      this.client = undefined;
      client.removeAllListeners();
      client.on('error', (error) => this.deps.log.debug({ error: messageOf(error) }, 'Error of a lost MQTT connection.'));
      client.end(true);
      // brokers of 3.1.1, and some of 5, do not say that they threw one client out for another
      const hint =
        this.connectedAtMs && this.props.clientid ? `; should it recur, look for another client with the id "${this.clientId}"` : '';
      this.lost(this.failure ?? ioError(`${address.text}: the broker closed the connection${hint}`));
    });
  }

  private get clientId(): string {
    return this.props.clientid || this.deps.clientId;
  }

  private clientOptions(): IClientOptions {
    const { props, deps } = this;
    const address = this.addresses[this.addressIndex]!;
    const username = address.username ?? props.username;
    const password = address.username === undefined ? props.password : (address.password ?? props.password);
    return {
      protocolVersion: this.version,
      protocolId: this.version === 3 ? 'MQIsdp' : 'MQTT',
      clientId: this.clientId,
      clean: !deps.persistent,
      keepalive: Math.max(1, Math.round(props.keepAliveMs / 1000)),
      connectTimeout: props.connectTimeoutMs,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      log: quiet, // the package's own debug output asks for its settings at every message
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(this.version === 5
        ? {
            properties: {
              receiveMaximum: props.maxInFlight,
              ...(deps.persistent ? { sessionExpiryInterval: props.sessionExpiryS } : {}),
            },
          }
        : {}),
    };
  }

  private onConnect(client: HoldingClient, connack: IConnackPacket): void {
    this.connectedAtMs = this.deps.clock.monotonic();
    this.versionKnown = true;
    this.unanswered = 0;
    // absent: 65,535, which is more than sinks have on the wire
    this.maxSendBytes = (this.version === 5 ? connack.properties?.maximumPacketSize : undefined) ?? Number.POSITIVE_INFINITY;
    this.sendLimit = (this.version === 5 ? connack.properties?.receiveMaximum : undefined) ?? Number.POSITIVE_INFINITY;
    this.withIds = this.version === 5 && connack.properties?.subscriptionIdentifiersAvailable !== false;
    this.resumed = connack.sessionPresent;
    this.stalled = false;
    if (!connack.sessionPresent) {
      this.unconfirmed.clear(); // the broker's packet ids start anew
      for (const s of this.subscriptions) s.granted = false;
    }
    this.setState('connected', '');
    for (const s of this.subscriptions) {
      if (s.granted) s.onState('connected');
      else this.sendSubscribe(s, client);
    }
  }

  private sendSubscribe(subscription: Subscription, client = this.client): void {
    const { filters, qos } = subscription;
    if (this.withIds && (this.deps.shared || filters.length > 1)) {
      let open = filters.length;
      for (const f of filters)
        this.requestFilters(client!, subscription, [f], { qos, properties: { subscriptionIdentifier: filterId(f) } }, () => --open === 0);
    } else this.requestFilters(client!, subscription, withoutCovered(filters), { qos }, () => true);
  }

  /** @param last true when all requests of the subscription are granted */
  private requestFilters(
    client: HoldingClient,
    subscription: Subscription,
    filters: string[],
    options: IClientSubscribeOptions,
    last: () => boolean,
  ): void {
    client.subscribe(filters, options, (error, granted, packet) => {
      if (this.client !== client || !this.subscriptions.has(subscription)) return;
      const codes = (packet as { granted?: (number | { qos: number })[] } | undefined)?.granted ?? granted?.map((g) => g.qos) ?? [];
      const refused = codes.map((c) => (typeof c === 'number' ? c : c.qos)).findIndex((c) => c >= 128);
      if (error || refused >= 0) {
        const what =
          refused >= 0 ? `the broker refuses the subscription to "${filters[refused]}": check its access rules` : messageOf(error);
        subscription.onState('disconnected', what);
        this.deps.log.warn({ code: 'MQTT_SUBSCRIBE', filters, error: what }, 'Subscription failed.');
        client.stream.destroy(); // tried again with backoff
        return;
      }
      if (!last()) return;
      subscription.granted = true;
      subscription.onState('connected');
    });
  }

  private onError(error: Error & { code?: unknown }, address: Address): void {
    // CONNACK "unacceptable protocol version": 1 in MQTT 3.1.1, 132 in MQTT 5
    if ((error.code === 1 || error.code === 132) && this.version === 5 && !this.props.protocolVersion) {
      this.version = 4;
      this.versionKnown = true; // until an upgraded broker is met by the next start
      this.deps.log.info({ server: address.text }, 'Broker does not speak MQTT 5; using 3.1.1.');
    }
    const refused = explainRefusal(error.code, this.clientId);
    this.failure = refused ? ioError(`${address.text}: ${refused}`, error) : explainConnectionError(error, address);
    const client = this.client;
    if (client && !client.connected) client.stream.destroy();
  }

  private lost(reason: Error): void {
    if (this.closed) return;
    if (this.connectedAtMs && this.deps.clock.monotonic() - this.connectedAtMs > STABLE_MS) this.backoff.reset();
    this.connectedAtMs = 0;
    const wasUp = this.state === 'connected';
    const delayMs = this.backoff.next();
    this.setState('disconnected', reason.message);
    if (wasUp || this.backoff.tries === 1)
      this.deps.log.warn({ code: 'MQTT_LOST', error: reason.message, retryInMs: Math.round(delayMs) }, 'Broker lost.');
    this.addressIndex = (this.addressIndex + 1) % this.addresses.length;
    this.timer = this.deps.clock.setTimer(delayMs, () => {
      this.timer = undefined;
      void this.connect();
    });
  }

  private setState(state: ConnectionState, message: string): void {
    const back = state === 'connected' && this.state === 'disconnected';
    this.state = state;
    this.stateMessage = message;
    if (back) this.deps.log.info({ server: this.addresses[this.addressIndex]!.text }, 'Broker is back.');
    for (const watch of this.watchers) watch(state, message);
    if (state !== 'connected') for (const s of this.subscriptions) s.onState(state, message);
  }

  // ------------------------------------------------------------------------------------------------------------ messages

  private deliver(packet: IPublishPacket, ack: (() => void) | undefined): void | Promise<void> {
    if (ack === undefined) return this.dispatch(packet, undefined);
    const id = packet.messageId!;
    const known = this.unconfirmed.get(id);
    const payload = packet.payload as Buffer;
    if (known && packet.dup && known.topic === packet.topic && known.payload.equals(payload)) {
      known.ack = ack;
      if (known.done) this.confirm(id, known);
      return;
    }
    const entry: Redelivery = { topic: packet.topic, payload, done: false, ack };
    this.unconfirmed.set(id, entry);
    return this.dispatch(packet, () => {
      entry.done = true;
      this.confirm(id, entry);
    });
  }

  private confirm(id: number, entry: Redelivery): void {
    if (!this.connected) return; // kept: the broker will repeat the message and is answered then
    if (this.unconfirmed.get(id) === entry) this.unconfirmed.delete(id);
    this.gather(this.client!);
    entry.ack();
  }

  private dispatch(packet: IPublishPacket, ack: (() => void) | undefined): void | Promise<void> {
    const targets = this.routes.of(packet.topic, packet.properties?.subscriptionIdentifier);
    if (targets === 'copy') return ack?.();
    const skippedBytes = this.client?.skipped(packet);
    if (skippedBytes !== undefined) return this.skipped(packet.topic, skippedBytes, targets, ack);
    if (targets.length === 1) return targets[0]!.onMessage(packet, ack);
    if (targets.length === 0) return this.noTarget(packet, ack);
    let open = targets.length;
    const part = ack && (() => void (--open === 0 && ack()));
    let waits: Promise<void>[] | undefined;
    for (const target of targets) {
      const wait = target.onMessage(packet, part);
      if (wait) (waits ??= []).push(wait);
    }
    if (waits) return Promise.all(waits).then(() => undefined);
  }

  private skipped(topic: string, bytes: number, targets: readonly Subscription[], ack: (() => void) | undefined): void {
    const limitBytes = this.props.maxPayloadBytes;
    this.deps.log.warn(
      { code: 'MQTT_TOO_LARGE', place: topic, topic, bytes, limitBytes },
      'A message was skipped: its payload is above maxPacketSize.',
    );
    for (const target of targets) target.onSkipped(topic, bytes, limitBytes);
    ack?.();
  }

  /** A persistent session gives out what waited as soon as the connection is made; the subscription that it is for may join a moment later. */
  private noTarget(packet: IPublishPacket, ack: (() => void) | undefined): void {
    if (!ack) return;
    if ((this.closed || this.leaving) && this.deps.persistent) return; // shutting down: the broker gives it again
    const sinceConnectMs = this.deps.clock.monotonic() - this.connectedAtMs;
    if (!this.deps.persistent || !this.resumed || sinceConnectMs > EARLY_MS) {
      this.deps.log.warn({ code: 'MQTT_UNWANTED', topic: packet.topic }, 'A message that nothing reads was confirmed unread.');
      return ack();
    }
    this.early.push({ packet, ack });
    this.earlyTimer ??= this.deps.clock.setTimer(EARLY_MS, () => {
      this.earlyTimer = undefined;
      const count = this.early.length;
      for (const m of this.early.splice(0)) m.ack();
      if (count > 0)
        this.deps.log.warn({ code: 'MQTT_UNWANTED', count }, 'Messages of an old session that nothing reads were confirmed unread.');
    });
  }
}
