// The client of package `mqtt` with acknowledgements in our hands: PUBACK (QoS 1) and PUBREC (QoS 2) are kept aside and sent, in the
// order in which the messages came, when the gateway is done with the message. Keep-alives and reading go on meanwhile. QoS 2 is given out
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

/** What is done with each message. `ack` is undefined at QoS 0. A returned promise delays reading (bounded by the caller). */
export type OnPublish = (packet: IPublishPacket, ack: (() => void) | undefined) => void | Promise<void>;

interface Held {
  packet: Packet;
  acked: boolean;
}

type SendPacket = (packet: Packet, callback?: (error?: Error) => void, onStored?: () => void, noStore?: boolean) => void;

export class HoldingClient extends mqtt.MqttClient {
  private readonly heldInOrder: Held[] = [];
  private readonly heldById = new Map<number, Held>();
  private readonly onPublish: OnPublish;
  private readonly sendNow: SendPacket;
  private readonly framer: Framer;
  /** A ping is on its way to the broker. */
  private pinged = false;

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
      if (packet.qos === 2) this.take(packet);
      done(0);
    };
    this.sendNow = this['_sendPacket'].bind(this) as SendPacket;
    // Every packet leaves through this method; acknowledgements wait for flushAcks.
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

  /** Messages whose acknowledgement is held. */
  get heldCount(): number {
    return this.heldInOrder.length;
  }

  override handleMessage(packet: IPublishPacket, callback: (error?: Error) => void): void {
    if (packet.qos === 2) return callback(); // PUBREL: given out before
    if (packet.qos === 1) {
      this.take(packet);
      return callback();
    }
    const wait = this.onPublish(packet, undefined);
    if (wait === undefined) callback();
    else wait.then(() => callback(), callback);
  }

  private take(packet: IPublishPacket): void {
    const id = packet.messageId!;
    if (this.heldById.has(id)) return; // a repeat within this connection
    const held: Held = { packet: { cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId: id, reasonCode: 0 } as Packet, acked: false };
    this.heldInOrder.push(held);
    this.heldById.set(id, held);
    // Waiting is not needed: without acknowledgement the broker stops at its in-flight window.
    void this.onPublish(packet, () => {
      held.acked = true;
      this.flushAcks();
    });
  }

  private flushAcks(): void {
    let n = 0;
    while (n < this.heldInOrder.length && this.heldInOrder[n]!.acked) n++;
    if (n === 0) return;
    for (const held of this.heldInOrder.splice(0, n)) {
      this.heldById.delete((held.packet as { messageId: number }).messageId);
      if (this.connected) this.sendNow(held.packet);
    }
  }
}
