// The client of package `mqtt` with the frequent packets in our hands: publications of QoS 0 and 1 are read and written by wire/, past the package,
// which keeps the connection, subscriptions, QoS 2 and everything rare. PUBACK (QoS 1) and PUBREC (QoS 2) for messages that came are sent when
// deliveries.ts says so; keep-alives and reading go on meanwhile. QoS 2 is given out when it arrives and not at PUBREL: a broker never
// repeats a message after PUBREC, so PUBREC is what promises that nothing is lost. Called by connection.ts and publisher.ts. The names with
// underscore are the package's own; test/connectors/mqtt pins the behaviour we lean on.

import type { Duplex } from 'node:stream';
import type { IClientOptions, IPublishPacket, Packet } from 'mqtt';
import mqtt from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { Framer } from './framer.ts';
import type { PublishProperties } from './publisher.ts';
import type { StreamBuilder } from './streams.ts';
import { FrameReader, type FrameTarget } from './wire/frame-reader.ts';
import { FrameWriter } from './wire/frame-writer.ts';
import type { Arriving } from './wire/publish-frame.ts';

// The package would make a buffer for each of the 65,536 packet ids at the first packet: 8 MB, and 15 ms of a start.
mqttPacket.writeToStream.cacheNumbers = false;

/** What is done with each message. A returned promise delays reading (bounded by the caller); only at QoS 0, since without an answer the
 *  broker stops at its in-flight window. */
export type OnPublish = (message: Arriving) => void | Promise<void>;

/** Who waits for a PUBACK. @param reason of MQTT 5; from 128 on it is a refusal */
export type Confirmed = (reason: number) => void;

type SendPacket = (packet: Packet, callback?: (error?: Error) => void, onStored?: () => void, noStore?: boolean) => void;

const MAX_ID = 65_535;
const none = () => undefined;

export class HoldingClient extends mqtt.MqttClient {
  private readonly onPublish: OnPublish;
  private readonly sendNow: SendPacket;
  private readonly framer: Framer;
  private readonly writer: FrameWriter;
  private readonly ids: FreeIds;
  /** Publications of QoS 1 that the broker has not confirmed, by packet id. The package knows nothing of them. */
  private readonly unconfirmed = new Map<number, Confirmed>();
  private onQuiet: (() => void) | undefined;
  /** A ping is on its way to the broker. */
  private pinged = false;
  private gathering = false;

  /** @param streamBuilder opens the socket; see streams.ts  @param limitBytes largest payload; what is larger is skipped, see framer.ts */
  constructor(streamBuilder: StreamBuilder, options: IClientOptions, limitBytes: number, onPublish: OnPublish) {
    const version5 = options.protocolVersion === 5;
    const framer = new Framer(limitBytes, version5, nodeCrypto().randomBytes(16));
    const port: LeanPort = { heard: none, publish: none, acknowledged: () => false, begun: none };
    const ids = new FreeIds();
    super(lean(streamBuilder, framer, version5, port), { ...options, messageIdProvider: ids });
    // set before any byte can come
    port.heard = () => this.heard();
    port.publish = (message) => {
      const wait = onPublish(message);
      return message.qos === 0 ? wait : undefined;
    };
    port.acknowledged = (id, reason) => this.acknowledged(id, reason);
    port.begun = (done) => void this.once('connect', () => process.nextTick(done));
    ids.taken = (id) => this.unconfirmed.has(id) || this.outgoing[id] !== undefined;
    this.onPublish = onPublish;
    this.framer = framer;
    this.ids = ids;
    this.writer = new FrameWriter(version5, () => this.stream);
    // Called for QoS 1 and 2 when the PUBLISH arrives; QoS 2 is taken here, QoS 1 in handleMessage. Set after the package's constructor, which
    // leaves the option out for versions before 5.
    this.options.customHandleAcks = (_topic, _message, packet, done) => {
      if (packet.qos === 2) void this.onPublish(packet as Arriving);
      done(0);
    };
    this.sendNow = this['_sendPacket'].bind(this) as SendPacket;
    // Every packet of the package leaves through this method, behind ours; acknowledgements wait for `answer`.
    this['_sendPacket'] = ((packet: Packet, callback?: (error?: Error) => void, onStored?: () => void, noStore?: boolean) => {
      const refusal = ((packet as { reasonCode?: number }).reasonCode ?? 0) >= 128;
      if ((packet.cmd === 'puback' || packet.cmd === 'pubrec') && !refusal) callback?.();
      else {
        this.writer.flush();
        this.sendNow(packet, callback, onStored, noStore);
      }
    }) as never;
  }

  /** @returns bytes of the payload that was skipped, since it is above the limit; undefined: the payload is there */
  skipped(message: Arriving): number | undefined {
    return this.framer.skipped(message.payload);
  }

  override sendPing(): void {
    this.pinged = true;
    super.sendPing();
  }

  /** Sends the answer to a message. @returns false when the connection does not take it any more */
  answer(messageId: number, qos: number): boolean {
    if (!this.connected) return false;
    this.writer.confirm(messageId, qos);
    return true;
  }

  /** Publishes at QoS 0 or, with someone who waits for the confirmation, at QoS 1. @throws Error when MQTT has no such packet */
  send(
    topic: string,
    payload: string | Uint8Array,
    retain: boolean,
    properties: PublishProperties | undefined,
    confirmed: Confirmed | undefined,
  ): void {
    if (confirmed === undefined) return this.writer.publish(topic, payload, 0, retain, 0, properties);
    const id = this.ids.allocate();
    this.writer.publish(topic, payload, 1, retain, id, properties);
    this.unconfirmed.set(id, confirmed);
  }

  /** The socket has more than it likes. */
  get full(): boolean {
    return this.stream.writableNeedDrain;
  }

  /** Fulfilled when the broker confirmed all that `send` has on the wire. */
  async quiet(): Promise<void> {
    if (this.unconfirmed.size > 0)
      await new Promise<void>((resolve) => {
        this.onQuiet = resolve;
      });
  }

  /** What the package writes until the end of this turn of the event loop leaves in one system call: a message costs half as much then. */
  gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    const { stream } = this;
    stream.cork();
    setImmediate(() => {
      this.gathering = false;
      stream.uncork();
    });
  }

  override handleMessage(packet: IPublishPacket, callback: (error?: Error) => void): void {
    if (packet.qos === 2) return callback(); // PUBREL: given out before
    const wait = this.onPublish(packet as Arriving);
    if (wait === undefined || packet.qos === 1) callback();
    else wait.then(() => callback(), callback);
  }

  /** A large message on a slow link: the answer to a ping comes behind it. */
  private heard(): void {
    if (!this.pinged) return;
    this.pinged = false;
    this.reschedulePing(true);
  }

  private acknowledged(id: number, reason: number): boolean {
    const confirmed = this.unconfirmed.get(id);
    if (confirmed === undefined) return false;
    this.unconfirmed.delete(id);
    confirmed(reason);
    if (this.unconfirmed.size === 0) this.onQuiet?.();
    return true;
  }
}

/** The package counts on without a look at what is in use. */
class FreeIds extends mqtt.DefaultMessageIdProvider {
  taken: (id: number) => boolean = () => false;

  /** @throws Error when there is none: never before 65,535 publications are on the wire, and publisher.ts has fewer */
  override allocate(): number {
    for (let tries = 0; tries < MAX_ID; tries++) {
      const id = super.allocate();
      if (!this.taken(id)) return id;
    }
    throw new Error('all packet ids of the connection are in use');
  }
}

const CONNACK = 2;

type Write = (chunk: Buffer, encoding: string, done: () => void) => void;

interface LeanPort {
  publish: FrameTarget['publish'];
  acknowledged: FrameTarget['acknowledged'];
  /** Bytes came. */
  heard: () => void;
  /** Calls back when the package is done with the connection's beginning: CONNACK is read, and all who wait for it know. */
  begun: (done: () => void) => void;
}

/** @param port its functions are asked for when bytes come, later than the call */
function lean(builder: StreamBuilder, framer: Framer, version5: boolean, port: LeanPort): StreamBuilder {
  return ((client) => {
    const stream = builder(client) as unknown as Duplex;
    stream.pipe = ((parser: Duplex) => {
      const write = parser._write.bind(parser) as Write;
      const reader = new FrameReader(version5, {
        publish: (message) => port.publish(message),
        acknowledged: (id, reason) => port.acknowledged(id, reason),
        other(bytes, done) {
          // what the broker sends right behind CONNACK is for a session that we know of by then
          if ((bytes[0] ?? 0) >> 4 === CONNACK) port.begun(done);
          write(bytes, 'buffer', (bytes[0] ?? 0) >> 4 === CONNACK ? () => undefined : done);
        },
        ready: () => stream.resume(),
      });
      stream.on('data', (chunk: Buffer) => {
        port.heard();
        let parts: readonly Buffer[] | undefined;
        try {
          parts = framer.take(chunk);
        } catch (error) {
          stream.destroy(Object.assign(new Error(messageOf(error)), { code: 'EMSGSIZE' }));
          return;
        }
        let more = true;
        if (parts === undefined) more = reader.take(chunk);
        else for (const part of parts) more = reader.take(part);
        if (!more) stream.pause();
      });
      stream.on('end', () => parser.end());
      return parser;
    }) as Duplex['pipe'];
    return stream;
  }) as StreamBuilder;
}
