// One MQTT connection: shared by sinks with equal properties, by sources with a named connection, or owned by one source. It ties together
// what is kept apart: link.ts (which server and version, when again), deliveries.ts (answers to messages), inbox.ts (which subscription a
// message is for), publisher.ts (publications and their confirmations), subscribing.ts. Used by source.ts and sink.ts.
import type { IConnackPacket } from 'mqtt';
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectionState, PooledConnection } from '../../contract/context.ts';
import { type BrokerLimits, LearnedLimits, limitsOf, NO_LIMITS, notesOf, type Qos, refusalOf, together } from './broker-limits.ts';
import { clientOptions } from './client-options.ts';
import { Deliveries } from './deliveries.ts';
import { clearSession, discard, disconnect } from './goodbye.ts';
import { HoldingClient } from './holding-client.ts';
import { Inbox, unreadVerdict } from './inbox.ts';
import { type Link, type LinkEvent, newLink, step } from './link.ts';
import type { ConnectionProps, WillProps } from './options.ts';
import { NO_CONFIRMATION, Publisher, type PublishOptions } from './publisher.ts';
import { explainDisconnect, explainRefusal } from './reasons.ts';
import { type Address, checkConnection, createStreamBuilder, explainConnectionError } from './streams.ts';
import { sendSubscribe } from './subscribing.ts';
import type { Subscription } from './subscription.ts';
import type { Arriving } from './wire/publish-frame.ts';

/** The first new attempt comes within a second, as that of eKuiper does; then 1–2 s, then 2–4 s: back within 5 s of the broker's return. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 4000;
/** Reasons of a DISCONNECT that are about a packet: protocol error, not authorized, topic name, packet too large, payload format. */
const BLAMES_A_PACKET = new Set([130, 135, 144, 149, 153]);

export interface MqttConnectionDeps {
  clock: Clock;
  log: Log;
  /** Client id when the user gave none. */
  clientId: string;
  /** Persistent session (MQTT 3.1.1 clean=false, MQTT 5 with expiry). */
  persistent: boolean;
  /** Sources of different topics join and leave (connectionSelector, one clientid). */
  shared?: boolean;
  /** Instead of the will of the properties: asked for one at each connect (Sparkplug). */
  will?: () => WillProps;
  /** The connection that had this client id before still says goodbye. */
  before?: Promise<void> | undefined;
}

type Watcher = (state: ConnectionState, message?: string) => void;

export class MqttConnection implements PooledConnection {
  private readonly props: ConnectionProps;
  private readonly deps: MqttConnectionDeps;
  private readonly addresses: Address[];
  private readonly subscriptions = new Set<Subscription>();
  private readonly watchers = new Set<Watcher>();
  private readonly backoff: Backoff = createBackoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS });
  private readonly deliveries = new Deliveries((id, qos) => this.client?.answer(id, qos) ?? false);
  private readonly inbox: Inbox;
  private readonly publisher: Publisher;
  private client: HoldingClient | undefined;
  private link: Link;
  private retry: TimerHandle | undefined;
  /** What the broker says that it takes, and what of it is left with what was learned from refusals. */
  private named: BrokerLimits = NO_LIMITS;
  private limits: BrokerLimits = NO_LIMITS;
  private readonly learned = new LearnedLimits();
  /** Notes that were logged. */
  private readonly told = new Set<string>();
  /** The broker gave us another client id than we named. */
  private assignedId: string | undefined;
  /** The broker had a session of ours. */
  private resumed = false;
  /** A subscription left its session behind: what comes for it now is not confirmed. */
  private leaving = false;
  /** Filters whose session shall go on collecting when the connection ends. */
  private readonly kept = new Set<string>();
  /** Why the connection is about to be lost. */
  private failure: Error | undefined;
  state: ConnectionState = 'connecting';
  stateMessage = '';
  wasConnected = false;

  /** @throws Error when the address or the TLS files are wrong */
  constructor(props: ConnectionProps, deps: MqttConnectionDeps) {
    this.props = props;
    this.addresses = checkConnection(props);
    this.deps = { ...deps, log: deps.log.child({ server: this.addresses.map((a) => a.text).join(',') }) };
    const { protocolVersion: named } = props;
    this.link = newLink(this.addresses.length, named === '' ? undefined : named === '3.1' ? 3 : named === '5' ? 5 : 4);
    this.publisher = new Publisher(deps.clock, () => this.stall());
    this.inbox = new Inbox({
      clock: deps.clock,
      log: this.deps.log,
      limitBytes: props.maxPayloadBytes,
      subscriptions: () => this.subscriptions,
      unread: () =>
        unreadVerdict({
          persistent: deps.persistent,
          leaving: this.link.phase === 'closed' || this.leaving,
          resumed: this.resumed,
          sinceConnectMs: deps.clock.monotonic() - this.link.connectedAtMs,
        }),
    });
    if (deps.before) void deps.before.then(() => this.move({ type: 'open' }));
    else this.move({ type: 'open' });
  }

  get connected(): boolean {
    return this.client?.connected === true;
  }

  /** Messages that arrived, for whomever. */
  get messages(): number {
    return this.inbox.messages;
  }

  get protocolVersion(): number {
    return this.link.version;
  }

  watch(onState: Watcher): () => void {
    this.watchers.add(onState);
    onState(this.state, this.stateMessage);
    return () => this.watchers.delete(onState);
  }

  subscribe(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    for (const f of subscription.filters) this.kept.delete(f);
    this.leaving = false;
    subscription.onState(this.state === 'connected' ? 'connecting' : this.state, this.stateMessage);
    this.inbox.changed(true);
    if (this.connected) this.ask(subscription, this.client!);
  }

  /** @param keepSession true at shutdown: the broker goes on collecting for a persistent session */
  async unsubscribe(subscription: Subscription, keepSession: boolean): Promise<void> {
    if (!this.subscriptions.delete(subscription)) return;
    this.inbox.changed(false);
    if (keepSession) for (const f of subscription.filters) this.kept.add(f);
    this.leaving = keepSession && this.subscriptions.size === 0;
    if (keepSession || !this.connected) return;
    const still = new Set([...this.subscriptions].flatMap((s) => s.filters));
    const gone = subscription.filters.filter((f) => !still.has(f));
    if (gone.length)
      await this.client!.unsubscribeAsync(gone).catch((error) =>
        this.deps.log.debug({ cause: messageOf(error) }, 'Unsubscribe was not confirmed.'),
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
    properties?: PublishOptions['properties'],
  ): void | Promise<void> {
    const { client } = this;
    if (!client?.connected) throw ioError(`not connected to ${this.address.text}${this.stateMessage ? `: ${this.stateMessage}` : ''}`);
    const payload = typeof data === 'string' || Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const { limits } = this;
    const options: PublishOptions = { qos, retain };
    if (properties && this.link.version === 5) options.properties = properties;
    if (qos > limits.maxQos || (retain && !limits.retain)) this.lower(options);
    return this.publisher.publish(client, topic, payload, options);
  }

  /** The publication goes as the broker takes it; one line in the log says so. */
  private lower(options: PublishOptions): void {
    const { qos, retain } = options;
    for (const note of this.notes({ qos, retained: false })) this.tell('MQTT_LIMIT_QOS', note);
    for (const note of this.notes({ qos: 0, retained: retain })) this.tell('MQTT_LIMIT_RETAIN', note);
    options.qos = Math.min(qos, this.limits.maxQos) as Qos;
    options.retain = retain && this.limits.retain;
    options.lowered = true;
  }

  /** @param code of its own for each kind: the log leaves out a second line with the same one */
  private tell(code: string, note: string): void {
    if (this.told.has(note)) return;
    this.told.add(note);
    this.deps.log.warn({ code, cause: note }, 'The broker does not take all that was asked for.');
  }

  /** What a publisher asks for and does not get, for people; [] while there is no connection. */
  notes(wish: { qos: Qos; retained: boolean; properties?: boolean }): string[] {
    if (this.state !== 'connected') return [];
    const notes = notesOf(this.limits, wish, this.address.text, this.publisher.supposition);
    if (wish.properties && this.link.version < 5)
      notes.push(`${this.address.text} speaks MQTT 3.1.1: messages are published without user properties, content type and expiry.`);
    return notes;
  }

  /** What a subscription asks for and does not get, for people. */
  notesFor({ qos, granted, givenQos }: Subscription): string[] {
    if (this.state !== 'connected' || !granted || givenQos === undefined || givenQos >= qos) return [];
    return [`${this.address.text} gives QoS ${givenQos} instead of ${qos}${givenQos === 0 ? ': messages may be lost on the way' : ''}.`];
  }

  /** Within which we must be heard, ms: the broker's word counts. */
  get keepAliveMs(): number {
    return (this.client?.keepalive ?? this.props.keepAliveMs / 1000) * 1000;
  }

  /** Ends the connection for good, and its session at the broker unless a subscription that left wants it kept: else the session of a
   *  stopped rule stays there for days (MQTT 5) or for ever. */
  async close(): Promise<void> {
    if (this.link.phase === 'closed') return;
    const { client, deps } = this;
    const endsSession = deps.persistent && this.kept.size === 0 && client?.connected === true;
    // made before the connection is left: it may not be possible any more
    const builder = endsSession && this.link.version < 5 ? await createStreamBuilder(this.address, this.props) : undefined;
    this.move({ type: 'close' });
    this.publisher.close();
    this.inbox.close();
    deps.clock.clear(this.retry);
    this.client = undefined;
    // not connected: the broker cannot be told; MQTT 5 sessions expire
    if (client) await disconnect(client, deps, endsSession && !builder ? { properties: { sessionExpiryInterval: 0 } } : undefined);
    this.publisher.lost();
    if (builder) await clearSession(builder, this.options(), deps);
  }

  // ------------------------------------------------------------------------------------------------------------ connecting

  private get address(): Address {
    return this.addresses[this.link.address]!;
  }

  private get clientId(): string {
    return this.assignedId ?? (this.props.clientid || this.deps.clientId);
  }

  private options() {
    const { deps, address, clientId } = this;
    const props = deps.will ? { ...this.props, will: deps.will() } : this.props;
    return clientOptions({ props, address, version: this.link.version, clientId, persistent: deps.persistent, limits: this.limits });
  }

  private move(event: LinkEvent): void {
    const { address } = this;
    const [next, effects] = step(this.link, event);
    this.link = next;
    for (const effect of effects) {
      if (effect.type === 'connect') void this.connect();
      else if (effect.type === 'older') this.deps.log.info({ server: address.text }, 'Broker does not speak MQTT 5; using 3.1.1.');
      else {
        if (effect.fresh) this.backoff.reset();
        const retryInMs = this.backoff.next();
        const reason = messageOf(this.failure);
        this.setState('disconnected', reason);
        if (effect.news) this.deps.log.warn({ code: 'MQTT_LOST', cause: reason, retryInMs: Math.round(retryInMs) }, 'Broker lost.');
        this.retry = this.deps.clock.setTimer(retryInMs, () => this.move({ type: 'open' }));
      }
    }
  }

  private async connect(): Promise<void> {
    const { address } = this;
    this.failure = undefined;
    let client: HoldingClient;
    try {
      const builder = await createStreamBuilder(address, this.props);
      if (this.link.phase === 'closed') return;
      client = new HoldingClient(builder, this.options(), this.props.maxPayloadBytes, (packet) => this.deliver(packet, client));
    } catch (error) {
      this.failure = explainConnectionError(error, address);
      this.move({ type: 'lost', atMs: this.deps.clock.monotonic(), hungUp: false });
      return;
    }
    this.client = client;
    client.setMaxListeners(0);
    client.on('connect', (connack) => this.onConnect(client, connack));
    client.on('error', (error) => this.onError(error, address));
    client.on('disconnect', (packet) => {
      const code = packet.reasonCode ?? 0;
      this.failure = ioError(`${address.text}: ${explainDisconnect(code, this.clientId, packet.properties)}`);
      this.learn(code);
      if (BLAMES_A_PACKET.has(code)) this.publisher.hungUp(false);
    });
    client.on('close', () => this.onClose(client));
  }

  private onConnect(client: HoldingClient, connack: IConnackPacket): void {
    this.move({ type: 'up', atMs: this.deps.clock.monotonic() });
    const limits = this.link.version === 5 ? connack.properties : undefined;
    this.publisher.connected(limits);
    this.named = limitsOf(limits);
    this.limits = together(this.named, this.learned, this.publisher.supposition);
    this.assignedId = limits?.assignedClientIdentifier || this.assignedId;
    this.resumed = connack.sessionPresent;
    this.deliveries.connected(connack.sessionPresent);
    if (!connack.sessionPresent) for (const s of this.subscriptions) s.granted = false;
    this.wasConnected = true;
    this.setState('connected', '');
    for (const s of this.subscriptions) {
      if (s.granted) s.onState('connected');
      else this.ask(s, client);
    }
  }

  private ask(subscription: Subscription, client: HoldingClient): void {
    const refused = subscription.filters.flatMap((f) => refusalOf(f, this.limits) ?? [])[0];
    if (refused !== undefined) {
      // asking would cost the connection, which others may use
      subscription.onState('disconnected', `${this.address.text}: ${refused}`);
      this.deps.log.warn({ code: 'MQTT_SUBSCRIBE', topic: subscription.filters.join(','), cause: refused }, 'Subscription failed.');
      return;
    }
    const separate = this.link.version === 5 && this.limits.identifiers && (this.deps.shared === true || subscription.filters.length > 1);
    const current = () => this.client === client && this.subscriptions.has(subscription);
    sendSubscribe(client, subscription, separate, {
      granted: (givenQos) => {
        if (!current()) return;
        subscription.granted = true;
        subscription.givenQos = givenQos;
        for (const note of this.notesFor(subscription)) this.tell('MQTT_GIVEN_QOS', note);
        subscription.onState('connected');
      },
      refused: (what, filters) => {
        if (!current()) return;
        subscription.onState('disconnected', what);
        this.deps.log.warn({ code: 'MQTT_SUBSCRIBE', topic: filters.join(','), cause: what }, 'Subscription failed.');
        client.stream.destroy(); // tried again with backoff
      },
    });
  }

  private onError(error: Error & { code?: unknown }, address: Address): void {
    // CONNACK "unacceptable protocol version": 1 in MQTT 3.1.1, 132 in MQTT 5
    if (error.code === 1 || error.code === 132) this.move({ type: 'versionRefused' });
    this.learn(error.code);
    const refused = explainRefusal(error.code, this.clientId);
    this.failure = refused ? ioError(`${address.text}: ${refused}`, error) : explainConnectionError(error, address);
    const { client } = this;
    if (client && !client.connected) client.stream.destroy();
  }

  /** The broker refused with a code that may be a limit. */
  private learn(code: unknown): void {
    if (this.learned.refused(code, this.named)) this.limits = together(this.named, this.learned, this.publisher.supposition);
  }

  private onClose(client: HoldingClient): void {
    if (this.client !== client || this.link.phase === 'closed') return;
    const wasUp = this.link.phase === 'up';
    const hungUp = !this.failure || (this.failure.cause as { code?: unknown } | undefined)?.code === 'ECONNRESET';
    // before the publications on the wire learn of the loss
    if (hungUp && wasUp && this.publisher.hungUp(true)) this.limits = together(this.named, this.learned, this.publisher.supposition);
    this.client = undefined;
    this.deliveries.lost();
    discard(client, this.deps.log, 'Error of a lost MQTT connection.');
    this.publisher.lost();
    // brokers of 3.1.1, and some of 5, do not say that they threw one client out for another
    const hint = wasUp && this.props.clientid ? `; should it recur, look for another client with the id "${this.clientId}"` : '';
    this.failure ??= ioError(`${this.address.text}: the broker closed the connection${hint}`);
    this.move({ type: 'lost', atMs: this.deps.clock.monotonic(), hungUp });
  }

  private stall(): void {
    if (!this.client) return; // being made again already
    this.failure = ioError(`${this.address.text}: ${NO_CONFIRMATION}`);
    this.client.stream.destroy();
  }

  private setState(state: ConnectionState, message: string): void {
    const back = state === 'connected' && this.state === 'disconnected';
    this.state = state;
    this.stateMessage = message;
    if (back) this.deps.log.info({ server: this.address.text }, 'Broker is back.');
    for (const watch of this.watchers) watch(state, message);
    if (state !== 'connected') for (const s of this.subscriptions) s.onState(state, message);
  }

  // ------------------------------------------------------------------------------------------------------------ messages

  private deliver(packet: Arriving, client: HoldingClient): void | Promise<void> {
    const skippedBytes = client.skipped(packet);
    if (packet.qos === 0) return this.inbox.give(packet, skippedBytes, undefined);
    const delivery = this.deliveries.arrived(packet);
    if (delivery) return this.inbox.give(packet, skippedBytes, delivery.release);
  }
}
