// Simulated MQTT broker: 3.1.1 and 5, QoS 0, 1 and 2, persistent sessions, in-flight windows, redelivery with DUP. It never loses a message of QoS 1 or 2
// that it queued for a session, and it remembers what became of each.
import mqttPacket from 'mqtt-packet';
import type { Network, PeerEnd } from './net.ts';

export interface Publication {
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  /** For the oracle. */
  tag: number;
}

interface InFlight {
  message: Publication;
  qos: 1 | 2;
  /** QoS 2: PUBREC came. */
  received: boolean;
}

interface Session {
  id: string;
  filters: Map<string, { qos: 0 | 1 | 2; identifier: number | undefined }>;
  queue: { message: Publication; qos: 1 | 2 }[];
  inFlight: Map<number, InFlight>;
  nextPacketId: number;
  /** QoS 2 of the client that were recorded, until PUBREL. */
  incoming: Set<number>;
  persistent: boolean;
  connection: Connection | undefined;
}

interface Connection {
  end: PeerEnd;
  version: number;
  receiveMaximum: number;
  session: Session | undefined;
  open: boolean;
}

export interface BrokerEvents {
  /** A message of QoS 1 or 2 was queued for a session, or one of QoS 0 sent. */
  routed(message: Publication, qos: number): void;
  /** It was sent a second time. */
  repeated(message: Publication): void;
  /** The client confirmed it. */
  confirmed(message: Publication): void;
  /** The client published. */
  published(topic: string, payload: Buffer, qos: number): void;
}

/** Packets are as package mqtt-packet gives them. */
type Packet = any;

export class Broker {
  readonly port: number;
  readonly listener;
  private readonly events: BrokerEvents;
  private readonly sessions = new Map<string, Session>();
  private readonly connections = new Set<Connection>();
  /** Publications of the client are recorded, and the connection ends before they are confirmed. */
  cutBeforeAck = 0;
  /** Only MQTT 3.1.1. */
  old = false;
  losses = 0;

  constructor(network: Network, port: number, events: BrokerEvents) {
    this.port = port;
    this.events = events;
    this.listener = {
      down: false,
      mute: false,
      accept: (end: PeerEnd) => this.accept(end),
    };
    network.listeners.set(port, this.listener);
  }

  /** Ends all connections. */
  cut(): void {
    for (const c of [...this.connections]) this.hangUp(c);
  }

  get waiting(): number {
    let n = 0;
    for (const s of this.sessions.values()) n += s.queue.length + s.inFlight.size;
    return n;
  }

  subscribed(filter: string): boolean {
    return [...this.sessions.values()].some((s) => s.filters.has(filter));
  }

  publish(message: Publication): void {
    for (const s of this.sessions.values()) {
      const subscription = [...s.filters].find(([filter]) => matches(filter, message.topic))?.[1];
      if (!subscription) continue;
      const qos = Math.min(message.qos, subscription.qos) as 0 | 1 | 2;
      if (qos === 0) {
        if (!s.connection) continue;
        this.events.routed(message, 0);
        this.send(s.connection, { cmd: 'publish', topic: message.topic, payload: message.payload, qos: 0, dup: false, retain: false });
        continue;
      }
      this.events.routed(message, qos);
      s.queue.push({ message, qos });
      this.pump(s);
    }
  }

  private pump(s: Session): void {
    const c = s.connection;
    while (c && s.queue.length > 0 && s.inFlight.size < c.receiveMaximum) {
      const { message, qos } = s.queue.shift()!;
      let id = s.nextPacketId;
      while (s.inFlight.has(id)) id = (id % 65_535) + 1;
      s.nextPacketId = (id % 65_535) + 1;
      s.inFlight.set(id, { message, qos, received: false });
      this.send(c, { cmd: 'publish', topic: message.topic, payload: message.payload, qos, messageId: id, dup: false, retain: false });
    }
  }

  private accept(end: PeerEnd) {
    const c: Connection = { end, version: 4, receiveMaximum: 20, session: undefined, open: true };
    this.connections.add(c);
    const parser = mqttPacket.parser();
    parser.on('packet', (p: Packet) => {
      if (c.open) this.take(c, p);
    });
    parser.on('error', () => this.hangUp(c));
    return {
      data: (bytes: Buffer) => {
        if (c.open) parser.parse(bytes);
      },
      closed: () => this.forget(c),
    };
  }

  private forget(c: Connection): void {
    if (!c.open) return;
    c.open = false;
    this.losses++;
    this.connections.delete(c);
    const s = c.session;
    if (s?.connection !== c) return;
    s.connection = undefined;
    if (!s.persistent) this.sessions.delete(s.id);
  }

  private hangUp(c: Connection): void {
    if (!c.open) return;
    c.end.close();
    this.forget(c);
  }

  private send(c: Connection, packet: Packet): void {
    c.end.send(mqttPacket.generate(packet, { protocolVersion: c.version }) as Buffer);
  }

  private take(c: Connection, p: Packet): void {
    switch (p.cmd) {
      case 'connect':
        return this.connect(c, p);
      case 'subscribe':
        for (const s of p.subscriptions) c.session!.filters.set(s.topic, { qos: s.qos, identifier: p.properties?.subscriptionIdentifier });
        return this.send(c, { cmd: 'suback', messageId: p.messageId, granted: p.subscriptions.map((s: Packet) => s.qos), reasonCode: 0 });
      case 'unsubscribe':
        for (const topic of p.unsubscriptions) c.session!.filters.delete(topic);
        return this.send(c, { cmd: 'unsuback', messageId: p.messageId, granted: p.unsubscriptions.map(() => 0) });
      case 'publish':
        return this.published(c, p);
      case 'puback':
        return this.done(c, p.messageId);
      case 'pubrec': {
        const flight = c.session!.inFlight.get(p.messageId);
        if (flight && !flight.received) {
          flight.received = true;
          this.events.confirmed(flight.message);
        }
        return this.send(c, { cmd: 'pubrel', messageId: p.messageId, reasonCode: 0 });
      }
      case 'pubcomp':
        return this.done(c, p.messageId);
      case 'pubrel':
        c.session!.incoming.delete(p.messageId);
        return this.send(c, { cmd: 'pubcomp', messageId: p.messageId, reasonCode: 0 });
      case 'pingreq':
        return this.send(c, { cmd: 'pingresp' });
      case 'disconnect':
        if (c.session && p.properties?.sessionExpiryInterval === 0) c.session.persistent = false;
        return this.hangUp(c);
    }
  }

  private done(c: Connection, id: number): void {
    const s = c.session!;
    const flight = s.inFlight.get(id);
    if (!flight) return;
    s.inFlight.delete(id);
    if (!flight.received) this.events.confirmed(flight.message);
    this.pump(s);
  }

  private connect(c: Connection, p: Packet): void {
    c.version = p.protocolVersion;
    if (this.old && p.protocolVersion === 5) {
      c.version = 4;
      this.send(c, { cmd: 'connack', returnCode: 1, sessionPresent: false });
      return this.hangUp(c);
    }
    if (c.version === 5) c.receiveMaximum = p.properties?.receiveMaximum ?? 65_535;
    const known = this.sessions.get(p.clientId);
    if (known?.connection) this.hangUp(known.connection);
    const persistent = c.version === 5 ? (p.properties?.sessionExpiryInterval ?? 0) > 0 : !p.clean;
    const resumed = known !== undefined && !p.clean && this.sessions.has(p.clientId);
    const s: Session = resumed
      ? known
      : {
          id: p.clientId,
          filters: new Map(),
          queue: [],
          inFlight: new Map(),
          nextPacketId: 1,
          incoming: new Set(),
          persistent,
          connection: undefined,
        };
    this.sessions.set(s.id, s);
    s.persistent = persistent;
    s.connection = c;
    c.session = s;
    this.send(c, { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: resumed });
    for (const [id, flight] of s.inFlight) {
      if (flight.received) {
        this.send(c, { cmd: 'pubrel', messageId: id, reasonCode: 0 });
        continue;
      }
      this.events.repeated(flight.message);
      const { topic, payload } = flight.message;
      this.send(c, { cmd: 'publish', topic, payload, qos: flight.qos, messageId: id, dup: true, retain: false });
    }
    this.pump(s);
  }

  private published(c: Connection, p: Packet): void {
    const again = p.qos === 2 && c.session!.incoming.has(p.messageId);
    if (!again) this.events.published(p.topic, p.payload, p.qos);
    if (p.qos === 2) c.session!.incoming.add(p.messageId);
    if (this.cutBeforeAck > 0 && p.qos > 0) {
      this.cutBeforeAck--;
      return this.hangUp(c);
    }
    if (p.qos === 1) this.send(c, { cmd: 'puback', messageId: p.messageId, reasonCode: 0 });
    if (p.qos === 2) this.send(c, { cmd: 'pubrec', messageId: p.messageId, reasonCode: 0 });
  }
}

function matches(filter: string, topic: string): boolean {
  const f = filter.split('/');
  const t = topic.split('/');
  for (let i = 0; i < f.length; i++) {
    if (f[i] === '#') return true;
    if (f[i] !== '+' && f[i] !== t[i]) return false;
  }
  return f.length === t.length;
}
