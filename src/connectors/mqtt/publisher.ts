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

function publishError(error: Error & { code?: unknown }, topic: string): Error {
  const words = typeof error.code === 'number' ? explainPublishRefusal(error.code) : undefined;
  if (!words) return ioError(messageOf(error), error);
  const text = `publishing to "${topic}" was refused: ${words}`;
  return FINAL_REFUSALS.has(error.code as number) ? new Error(text, { cause: error }) : ioError(text, error);
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

export class Publisher {
  private readonly clock: Clock;
  /** Ends a connection that confirms nothing. */
  private readonly stall: () => void;
  /** Publications that wait for the broker, and when it last confirmed one. */
  private pending = 0;
  /** Of these the ones that are on the wire. The others take turns. */
  private flying = 0;
  private sendLimit = Number.POSITIVE_INFINITY;
  private maxSendBytes = Number.POSITIVE_INFINITY;
  private readonly onWire = new Set<Flight>();
  private readonly unwelcome = createUnwelcomeWatch();
  readonly supposition = new Supposition();
  /** Each says whether it took the place. */
  private turns: (() => boolean)[] = [];
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
    this.sendLimit = limits?.receiveMaximum ?? Number.POSITIVE_INFINITY;
    this.stalled = false;
  }

  /** The broker closed the connection, or blamed a packet, with these on the wire. Before they learn of the loss. @returns true when a limit
   *  of the broker is supposed from now on */
  hungUp(withoutReason: boolean): boolean {
    this.unwelcome.lost(this.onWire, this.clock.monotonic());
    return withoutReason && this.supposition.lost(this.onWire);
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
    client.gather();
    if (options.qos > 0) return this.confirmed(client, topic, payload, options);
    client.publish(topic, payload, options);
    const stream = client.stream as { writableNeedDrain?: boolean; once(event: string, f: () => void): unknown };
    if (stream.writableNeedDrain !== true) return;
    return new Promise((resolve) => {
      stream.once('drain', resolve);
      client.once('close', resolve);
    });
  }

  private confirmed(client: HoldingClient, topic: string, payload: string | Buffer, options: PublishOptions): Promise<void> {
    this.awaitConfirmation();
    return new Promise((resolve, reject) => {
      let open = true;
      let sent = false;
      const publication: Flight = {
        topic,
        payload,
        qos: options.qos,
        retain: options.retain,
        lowered: options.lowered === true,
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
          this.confirmedAtMs = this.clock.monotonic();
          if (error) reject(publishError(error, topic));
          else {
            this.unwelcome.confirmed(publication);
            if (publication.qos === 2 || publication.retain || publication.lowered) this.supposition.confirmed(publication);
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

  /** A broker that answers pings but confirms nothing is as good as lost: after 5 s without any confirmation the connection is made again. */
  private awaitConfirmation(): void {
    if (this.pending++ > 0 || this.confirmTimer) return;
    this.confirmedAtMs = this.clock.monotonic();
    this.confirmTimer = this.clock.setTimer(CONFIRM_LIMIT_MS, () => this.look());
  }

  private look(): void {
    this.confirmTimer = undefined;
    if (this.pending === 0 || this.closed) return;
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
