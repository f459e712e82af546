// One edge node at a broker, shared by all sinks with its group and name: birth after each connection, death as the will, rebirth when a host asks,
// silence while the primary host is away. What its messages hold: edge-state.ts. Used by sink.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectionState, PooledConnection } from '../../contract/context.ts';
import { MqttConnection } from '../mqtt/connection.ts';
import type { ConnectionProps } from '../mqtt/options.ts';
import { EdgeState, type Outgoing, REBIRTH } from './edge-state.ts';
import { decodePayload, encodePayload } from './payload.ts';
import { readState, stateTopics } from './primary-host.ts';
import { TYPES } from './values.ts';

/** Several hosts that ask at the same time get one rebirth. */
const REBIRTH_EVERY_MS = 1000;

export interface EdgeNodeProps extends ConnectionProps {
  group: string;
  node: string;
  primaryHost: string;
}

export class EdgeNode implements PooledConnection {
  private readonly props: EdgeNodeProps;
  private readonly deps: { clock: Clock; log: Log; clientId: string };
  private readonly edge: EdgeState;
  private readonly users = new Map<object, { onState: (state: ConnectionState, message: string) => void; devices: Set<string> }>();
  private connection!: MqttConnection;
  private unwatch: (() => void) | undefined;
  private bdSeq: bigint;
  /** Commands and the state of the host reach us. */
  private subscribed = false;
  /** The host that rows are for is there; true without one. */
  private hostOnline: boolean;
  private hostAtMs = 0;
  private bornAtMs = 0;
  private birthMs = Number.NEGATIVE_INFINITY;
  private rebirth: TimerHandle | undefined;
  private switching: Promise<void> | undefined;
  private closed = false;
  private commands = 0;
  state: ConnectionState = 'connecting';
  stateMessage = '';

  constructor(props: EdgeNodeProps, deps: { clock: Clock; log: Log; clientId: string }) {
    this.props = props;
    this.deps = deps;
    // another than that of a session before this process, whose will may still come
    this.bdSeq = BigInt(Math.floor(deps.clock.now() / 1000) % 256);
    this.edge = new EdgeState(() => this.bdSeq);
    this.hostOnline = props.primaryHost === '';
    this.connect();
  }

  use(user: object, onState: (state: ConnectionState, message: string) => void): void {
    this.users.set(user, { onState, devices: new Set() });
    onState(this.state, this.stateMessage);
  }

  /** Devices that no other user has are dead. */
  unuse(user: object): void {
    const gone = this.users.get(user)?.devices ?? [];
    this.users.delete(user);
    for (const device of gone) {
      if ([...this.users.values()].some((u) => u.devices.has(device))) continue;
      const death = this.edge.remove(device);
      if (death && this.born) void this.send(death);
    }
  }

  private get born(): boolean {
    return this.state === 'connected';
  }

  /** Publishes a row. @throws ioError while the node is not born */
  publish(user: object, device: string, row: Readonly<Record<string, unknown>>, givenAtMs: number | undefined): void | Promise<void> {
    if (!this.born) throw ioError(this.stateMessage || `node ${this.props.group}/${this.props.node} is not born yet`);
    const nowMs = this.deps.clock.now();
    const atMs = givenAtMs ?? nowMs;
    const messages = this.edge.row(device, row, atMs, atMs < this.bornAtMs, nowMs);
    if (device !== '') this.users.get(user)?.devices.add(device);
    return messages.map((m) => this.send(m)).at(-1);
  }

  notes(): string[] {
    return this.commands > 0 ? [`${this.commands} commands of hosts were not followed: only ${REBIRTH} is.`] : [];
  }

  async close(): Promise<void> {
    this.closed = true;
    this.deps.clock.clear(this.rebirth);
    await this.switching;
    await this.leave();
  }

  // ------------------------------------------------------------------------------------------------------------ connection

  private connect(): void {
    const { props, deps } = this;
    const filters = [
      `spBv1.0/${props.group}/NCMD/${props.node}`,
      `spBv1.0/${props.group}/DCMD/${props.node}/#`,
      ...stateTopics(props.primaryHost),
    ];
    const connection = new MqttConnection(
      { ...props, clientid: props.clientid || deps.clientId, will: undefined, enableClientSession: false },
      { ...deps, persistent: false, will: () => this.nextWill() },
    );
    this.connection = connection;
    this.unwatch = connection.watch((state, message) => {
      if (state !== 'connected') this.setState(state, message ?? '');
    });
    connection.subscribe({
      filters,
      qos: 1,
      granted: false,
      onSkipped: () => undefined,
      onState: (state, message) => {
        if (connection !== this.connection) return;
        this.subscribed = state === 'connected';
        if (state !== 'connected') this.setState(state, message ?? '');
        else if (this.hostOnline) this.beBorn();
        else this.setState('disconnected', '');
      },
      onMessage: (packet, ack) => {
        if (connection === this.connection) this.heard(packet.topic, packet.payload as Buffer);
        ack?.();
      },
    });
  }

  /** Each connection has a death of its own. */
  private nextWill() {
    this.bdSeq = (this.bdSeq + 1n) % 256n;
    return {
      topic: this.topic('NDEATH'),
      payload: this.death(),
      qos: 1 as const,
      retained: false,
      delayMs: 0,
      messageExpiryMs: 0,
      contentType: '',
    };
  }

  private death(): Buffer {
    const metrics = [{ name: 'bdSeq', datatype: TYPES.Int64, value: this.bdSeq }];
    return encodePayload({ timestampMs: this.deps.clock.now(), metrics });
  }

  private topic(kind: string, device = ''): string {
    return `spBv1.0/${this.props.group}/${kind}/${this.props.node}${device === '' ? '' : `/${device}`}`;
  }

  private send({ kind, device, seq, metrics }: Outgoing): void | Promise<void> {
    const payload = encodePayload({ timestampMs: this.deps.clock.now(), seq, metrics });
    return this.connection.publish(this.topic(kind, device), payload, 0, false);
  }

  private beBorn(): void {
    const { clock } = this.deps;
    clock.clear(this.rebirth);
    this.rebirth = undefined;
    this.birthMs = clock.monotonic();
    if (!this.born) this.bornAtMs = clock.now();
    try {
      for (const m of this.edge.births(clock.now())) void this.send(m);
      this.setState('connected', '');
    } catch (error) {
      this.setState('disconnected', messageOf(error)); // lost again: the next connection is followed by a birth
    }
  }

  private heard(topic: string, bytes: Buffer): void {
    const { clock, log } = this.deps;
    const host = readState(topic, bytes, this.props.primaryHost);
    if (host) {
      if (host.atMs !== undefined && host.atMs < this.hostAtMs) return; // of a session of the host before
      this.hostAtMs = host.atMs ?? this.hostAtMs;
      if (host.online === this.hostOnline) return;
      this.hostOnline = host.online;
      log.info({ host: this.props.primaryHost, online: host.online }, 'The primary host changed.');
      if (!host.online) this.renew();
      else if (this.subscribed) this.beBorn();
      return;
    }
    if (!topic.includes('CMD/')) return;
    try {
      const metrics = decodePayload(bytes).metrics;
      const wants = topic === this.topic('NCMD') && metrics.some((m) => m.name === REBIRTH && m.value === true);
      if (!wants) this.commands++;
      else if (this.born && this.rebirth === undefined) {
        const leftMs = this.birthMs + REBIRTH_EVERY_MS - clock.monotonic();
        if (leftMs <= 0) this.beBorn();
        else this.rebirth = clock.setTimer(leftMs, () => this.beBorn());
      }
    } catch (error) {
      log.warn({ code: 'SPARKPLUG_COMMAND', topic, cause: messageOf(error) }, 'A command cannot be read.');
    }
  }

  /** The primary host went: die, and wait for it on a connection with a new will. */
  private renew(): void {
    this.setState('disconnected', '');
    this.switching = this.leave().then(() => {
      this.switching = undefined;
      if (!this.closed) this.connect();
    });
  }

  /** Death in an orderly way: the broker forgets the will then. */
  private async leave(): Promise<void> {
    this.deps.clock.clear(this.rebirth);
    this.rebirth = undefined;
    const { connection } = this;
    this.subscribed = false;
    this.unwatch?.();
    try {
      if (connection.connected) await connection.publish(this.topic('NDEATH'), this.death(), 0, false);
    } catch (error) {
      this.deps.log.debug({ cause: messageOf(error) }, 'A death could not be published.');
    }
    await connection.close();
  }

  private setState(state: ConnectionState, given: string): void {
    const message = given === '' && !this.hostOnline ? `the primary host ${this.props.primaryHost} is offline: rows wait` : given;
    if (state === this.state && message === this.stateMessage) return;
    this.state = state;
    this.stateMessage = message;
    for (const { onState } of this.users.values()) onState(state, message);
  }
}
