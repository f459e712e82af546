// The client of package `mqtt` with acknowledgements in our hands: PUBACK (QoS 1) and PUBREC (QoS 2) are swallowed and sent when
// deliveries.ts says so. Keep-alives and reading go on meanwhile. QoS 2 is given out
// when it arrives and not at PUBREL: a broker never repeats a message after PUBREC, so PUBREC is what promises that nothing is lost.
// Called by connection.ts. The names with underscore are the package's own; test/connectors/mqtt pins the behaviour we lean on.

import type { IClientOptions, IPublishPacket, Packet } from 'mqtt';
import mqtt from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { Framer } from './framer.ts';
import { framed, type StreamBuilder } from './streams.ts';

// The package would make a buffer for each of the 65,536 packet ids at the first packet: 8 MB, and 15 ms of a start.
mqttPacket.writeToStream.cacheNumbers = false;

/** What is done with each message. A returned promise delays reading (bounded by the caller); only at QoS 0, since without an answer the
 *  broker stops at its in-flight window. */
export type OnPublish = (packet: IPublishPacket) => void | Promise<void>;

type SendPacket = (packet: Packet, callback?: (error?: Error) => void, onStored?: () => void, noStore?: boolean) => void;

export class HoldingClient extends mqtt.MqttClient {
  private readonly onPublish: OnPublish;
  private readonly sendNow: SendPacket;
  private readonly framer: Framer;
  /** A ping is on its way to the broker. */
  private pinged = false;
  private gathering = false;

  /** @param streamBuilder opens the socket; see streams.ts  @param limitBytes largest payload; what is larger is skipped, see framer.ts */
  constructor(streamBuilder: StreamBuilder, options: IClientOptions, limitBytes: number, onPublish: OnPublish) {
    const framer = new Framer(limitBytes, options.protocolVersion === 5, nodeCrypto().randomBytes(16));
    let heard = () => undefined as void;
    super(
      framed(streamBuilder, framer, () => heard()),
      options,
    );
    this.onPublish = onPublish;
    this.framer = framer;
    // a large message on a slow link: the answer to a ping comes behind it
    heard = () => {
      if (!this.pinged) return;
      this.pinged = false;
      this.reschedulePing(true);
    };
    // Called for QoS 1 and 2 when the PUBLISH arrives; QoS 2 is taken here, QoS 1 in handleMessage. Set after the package's constructor, which
    // leaves the option out for versions before 5.
    this.options.customHandleAcks = (_topic, _message, packet, done) => {
      if (packet.qos === 2) void this.onPublish(packet);
      done(0);
    };
    this.sendNow = this['_sendPacket'].bind(this) as SendPacket;
    // Every packet leaves through this method; acknowledgements wait for `answer`.
    this['_sendPacket'] = ((packet: Packet, callback?: (error?: Error) => void, onStored?: () => void, noStore?: boolean) => {
      const refusal = ((packet as { reasonCode?: number }).reasonCode ?? 0) >= 128;
      if ((packet.cmd === 'puback' || packet.cmd === 'pubrec') && !refusal) callback?.();
      else this.sendNow(packet, callback, onStored, noStore);
    }) as never;
  }

  /** @returns bytes of the payload that was skipped, since it is above the limit; undefined: the payload is there */
  skipped(packet: IPublishPacket): number | undefined {
    return this.framer.skipped(packet.payload as Buffer);
  }

  override sendPing(): void {
    this.pinged = true;
    super.sendPing();
  }

  /** Sends the answer to a message. @returns false when the connection does not take it any more */
  answer(messageId: number, qos: number): boolean {
    if (!this.connected) return false;
    this.gather();
    this.sendNow({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId, reasonCode: 0 } as Packet);
    return true;
  }

  /** What is written until the end of this turn of the event loop leaves in one system call: a message costs half as much then. */
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
    const wait = this.onPublish(packet);
    if (wait === undefined || packet.qos === 1) callback();
    else wait.then(() => callback(), callback);
  }
}
