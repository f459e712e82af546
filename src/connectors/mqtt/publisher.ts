// Publications of one connection: how many are on the wire, whose turn is next, and whether the broker confirms them. A broker of MQTT 5
// says how many and how large it takes; it hangs up on more. Called by sinks through connection.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { type Flight, type Qos, Supposition } from './broker-limits.ts';
import type { HoldingClient } from './holding-client.ts';
import { explainPublishRefusal } from './reasons.ts';
import { bytesOf, createUnwelcomeWatch, packetBytes } from './unwelcome.ts';

/** eKuiper's limit for one operation. */
const CONFIRM_LIMIT_MS = 5000;
/** Large messages on slow links: so much more time is given as this many bytes a second need. */
const SLOW_LINK_BYTES_PER_S = 25_000;
export const NO_CONFIRMATION = 'the broker confirmed no publication for 5 s';

/** MQTT 5 refuses single messages. Those that a repeat cannot cure lose the item: not authorized, topic name, packet too large, payload format. */
const FINAL_REFUSALS = new Set([135, 144, 149, 153]);

function publishError(reason: number, topic: string): Error {
  const text = `publishing to "${topic}" was refused: ${explainPublishRefusal(reason) ?? `reason ${reason}`}`;
  return FINAL_REFUSALS.has(reason) ? new Error(text) : ioError(text);
}

/** Of MQTT 5. */
export interface PublishProperties {
  userProperties?: Record<string, string>;
  contentType?: string;
  messageExpiryInterval?: number;
}

export interface PublishOptions {
  qos: Qos;
  retain: boolean;
  /** The rule wanted more than this connection's broker takes. */
  lowered?: boolean;
  properties?: PublishProperties;
}

/** A publication of QoS 1 or 2 until the broker confirmed or refused it, or the connection is gone. */
class Publication implements Flight {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly lowered: boolean;
  readonly client: HoldingClient;
  readonly properties: PublishProperties | undefined;
  readonly done: Promise<void>;
  /** Neither confirmed nor given back. */
  open = true;
  sent = false;
  private readonly owner: Publisher;
  resolve!: () => void;
  reject!: (error: Error) => void;

  constructor(owner: Publisher, client: HoldingClient, topic: string, payload: string | Buffer, options: PublishOptions) {
    this.owner = owner;
    this.client = client;
    this.topic = topic;
    this.payload = payload;
    this.qos = options.qos;
    this.retain = options.retain;
    this.lowered = options.lowered === true;
    this.properties = options.properties;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  refuse(error: Error): void {
    if (this.owner.settle(this)) this.reject(error);
  }
}

/** Places on the wire where the broker names no limit; a packet id has 16 bits. */
const MAX_FLYING = 60_000;

export class Publisher {
  private readonly clock: Clock;
  /** Ends a connection that confirms nothing. */
  private readonly stall: () => void;
  /** Publications that are not confirmed, those that wait for their turn too. */
  private readonly pending = new Set<Publication>();
  /** Of these the ones that have a place on the wire. The others take turns. */
  private flying = 0;
  private sendLimit = MAX_FLYING;
  private maxSendBytes = Number.POSITIVE_INFINITY;
  private readonly onWire = new Set<Publication>();
  private readonly unwelcome = createUnwelcomeWatch();
  readonly supposition = new Supposition();
  private turns: Publication[] = [];
  private confirmedAtMs = 0;
  private confirmTimer: TimerHandle | undefined;
  private stalled = false;
  private closed = false;

  constructor(clock: Clock, stall: () => void) {
    this.clock = clock;
    this.stall = stall;
  }

  /** A connection is made. @param limits of the broker; absent: 65,535 at a time, which is more than sinks have on the wire */
  connected(limits: { maximumPacketSize?: number | undefined; receiveMaximum?: number | undefined } | undefined): void {
    this.maxSendBytes = limits?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
    this.sendLimit = Math.min(MAX_FLYING, limits?.receiveMaximum ?? MAX_FLYING);
    this.stalled = false;
  }

  /** The broker closed the connection, or blamed a packet, with these on the wire. Before they learn of the loss. @returns true when a limit
   *  of the broker is supposed from now on */
  hungUp(withoutReason: boolean): boolean {
    this.unwelcome.lost(this.onWire, this.clock.monotonic());
    return withoutReason && this.supposition.lost(this.onWire);
  }

  /** The connection is gone: what was not confirmed is given back to those who want it published. */
  lost(): void {
    for (const p of this.pending) this.giveBack(p);
  }

  close(): void {
    this.closed = true;
    this.clock.clear(this.confirmTimer);
  }

  /** @returns nothing when it was handed to the socket (QoS 0), a promise of the broker's confirmation otherwise, or of room in the socket
   *  @throws Error when the packet is larger than the broker takes */
  publish(client: HoldingClient, topic: string, payload: string | Buffer, options: PublishOptions): void | Promise<void> {
    if (this.maxSendBytes < Number.POSITIVE_INFINITY) {
      const bytes = packetBytes(topic, payload, options.qos, options.properties?.userProperties, options.properties);
      if (bytes > this.maxSendBytes)
        throw new Error(`publishing to "${topic}": a packet of ${bytes} bytes is larger than the broker accepts (${this.maxSendBytes})`);
    }
    if (options.qos > 0) return this.confirmed(new Publication(this, client, topic, payload, options));
    client.send(topic, payload, options.retain, options.properties, undefined);
    if (!client.full) return;
    return new Promise((resolve) => {
      client.stream.once('drain', resolve);
      client.once('close', resolve);
    });
  }

  private confirmed(publication: Publication): Promise<void> {
    this.awaitConfirmation();
    this.pending.add(publication);
    if (this.flying < this.sendLimit) {
      this.flying++;
      this.send(publication);
    } else this.turns.push(publication);
    return publication.done;
  }

  /** @returns false: its place is free again */
  private send(publication: Publication): boolean {
    const { client, topic, payload } = publication;
    if (!client.connected) this.giveBack(publication);
    if (!publication.open) return false;
    publication.sent = true;
    this.onWire.add(publication);
    if (publication.qos === 1) {
      try {
        client.send(topic, payload, publication.retain, publication.properties, (reason) => this.answered(publication, reason));
      } catch (error) {
        publication.refuse(new Error(messageOf(error)));
      }
      return true;
    }
    const { qos, retain, properties } = publication;
    client.gather();
    client.publish(topic, payload, { qos, retain, ...(properties ? { properties } : {}) }, (error) => {
      const code: unknown = error && 'code' in error ? error.code : undefined;
      if (error && (this.stalled || typeof code !== 'number')) this.giveBack(publication);
      else this.answered(publication, typeof code === 'number' ? code : 0);
    });
    return true;
  }

  /** @param reason of MQTT 5; 0 and 16 (nobody subscribes) are good ones */
  private answered(publication: Publication, reason: number): void {
    if (!this.settle(publication)) return;
    this.confirmedAtMs = this.clock.monotonic();
    if (reason !== 0 && reason !== 16) return publication.reject(publishError(reason, publication.topic));
    if (this.unwelcome.suspects) this.unwelcome.confirmed(publication);
    if (publication.qos === 2 || publication.retain || publication.lowered) this.supposition.confirmed(publication);
    publication.resolve();
  }

  private giveBack(publication: Publication): void {
    if (this.settle(publication))
      publication.reject(ioError(this.stalled ? NO_CONFIRMATION : 'the connection was lost before the broker confirmed'));
  }

  /** @returns false: it was before */
  settle(publication: Publication): boolean {
    if (!publication.open) return false;
    publication.open = false;
    this.pending.delete(publication);
    if (!publication.sent) return true;
    this.onWire.delete(publication);
    this.landed();
    return true;
  }

  /** A publication is off the wire: its place is the next one's. */
  private landed(): void {
    while (this.turns.length > 0) if (this.send(this.turns.shift()!)) return;
    this.flying--;
  }

  /** A broker that answers pings but confirms nothing is as good as lost: after 5 s without any confirmation the connection is made again. */
  private awaitConfirmation(): void {
    if (this.pending.size > 0 || this.confirmTimer) return;
    this.confirmedAtMs = this.clock.monotonic();
    this.confirmTimer = this.clock.setTimer(CONFIRM_LIMIT_MS, () => this.look());
  }

  private look(): void {
    this.confirmTimer = undefined;
    if (this.pending.size === 0 || this.closed) return;
    let bytes = 0;
    for (const p of this.onWire) bytes += bytesOf(p);
    const leftMs = this.confirmedAtMs + CONFIRM_LIMIT_MS + (bytes / SLOW_LINK_BYTES_PER_S) * 1000 - this.clock.monotonic();
    if (leftMs > 0) {
      this.confirmTimer = this.clock.setTimer(leftMs, () => this.look());
      return;
    }
    this.stalled = true;
    this.stall();
  }
}
