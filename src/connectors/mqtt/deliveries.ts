// Messages of QoS 1 and 2 from their arrival until they are answered (PUBACK, PUBREC), over losses of the connection. Each is in one of the
// states of the table; answers leave in the order in which the messages came on the connection, MQTT 3.1.1 §4.6. No socket, no clock: called by
// connection.ts, answers go to its port. Happy path: one object and one closure per message.

/** `given`: the rules have it; `done`: they released it, its answer waits for its turn or for the connection; `answered`; `void`: the broker
 *  forgot the session, so there is nothing to answer any more. */
export type DeliveryState = 'given' | 'done' | 'answered' | 'void';
/** `release` by the rules; `sent`: its answer is on the wire; `forgotten`: the broker has no session, or uses the packet id for another message. */
export type DeliveryEvent = 'release' | 'sent' | 'forgotten';

export const deliveryTable: Readonly<Record<DeliveryState, Readonly<Record<DeliveryEvent, DeliveryState>>>> = {
  given: { release: 'done', sent: 'given', forgotten: 'void' },
  done: { release: 'done', sent: 'answered', forgotten: 'void' },
  answered: { release: 'answered', sent: 'answered', forgotten: 'answered' },
  void: { release: 'void', sent: 'void', forgotten: 'void' },
};

export interface Arrival {
  readonly messageId?: number | undefined;
  readonly qos: number;
  readonly dup: boolean;
  readonly topic: string;
  readonly payload: Buffer;
}

export class Delivery {
  readonly id: number;
  readonly qos: number;
  readonly topic: string;
  readonly payload: Buffer;
  state: DeliveryState = 'given';
  /** It came on the present connection: an answer has its place there. */
  onConnection = true;
  /** Called by whoever is done with the message. */
  readonly release: () => void;

  constructor(arrival: Arrival, owner: Deliveries) {
    this.id = arrival.messageId!;
    this.qos = arrival.qos;
    this.topic = arrival.topic;
    this.payload = arrival.payload;
    this.release = () => owner.released(this);
  }
}

/** Answered ones at the front of the line are cut off in bulk. */
const COMPACT_AT = 256;

export class Deliveries {
  /** @returns false when the connection does not take the answer any more */
  private readonly answer: (id: number, qos: number) => boolean;
  /** By packet id, until they are answered: a broker repeats them after a reconnect, and they are not given out again. */
  private readonly open = new Map<number, Delivery>();
  /** Those of the present connection in their order, from `first` on. */
  private line: Delivery[] = [];
  private first = 0;

  constructor(answer: (id: number, qos: number) => boolean) {
    this.answer = answer;
  }

  /** Messages that are not answered. */
  get size(): number {
    return this.open.size;
  }

  /** @returns the delivery to give out; undefined: it was given out before */
  arrived(arrival: Arrival): Delivery | undefined {
    const known = this.open.get(arrival.messageId!);
    if (known !== undefined) {
      // a repeat within this connection
      if (known.onConnection) return undefined;
      if (arrival.dup && known.topic === arrival.topic && known.payload.equals(arrival.payload)) {
        known.onConnection = true;
        this.line.push(known);
        this.flush();
        return undefined;
      }
      this.move(known, 'forgotten');
    }
    const delivery = new Delivery(arrival, this);
    this.open.set(delivery.id, delivery);
    this.line.push(delivery);
    return delivery;
  }

  released(delivery: Delivery): void {
    if (this.move(delivery, 'release') !== 'done' || !delivery.onConnection) return;
    if (this.line[this.first] === delivery) this.flush();
  }

  /** The connection is gone: what is released from now on is answered when the broker repeats it. */
  lost(): void {
    for (let i = this.first; i < this.line.length; i++) this.line[i]!.onConnection = false;
    this.line = [];
    this.first = 0;
  }

  /** A connection is made. @param sessionPresent false: the broker's packet ids start again, and it repeats nothing */
  connected(sessionPresent: boolean): void {
    this.lost();
    if (sessionPresent) return;
    for (const d of this.open.values()) this.move(d, 'forgotten');
    this.open.clear();
  }

  private move(delivery: Delivery, event: DeliveryEvent): DeliveryState {
    return (delivery.state = deliveryTable[delivery.state][event]);
  }

  private flush(): void {
    const { line } = this;
    while (this.first < line.length && line[this.first]!.state === 'done') {
      const d = line[this.first]!;
      if (!this.answer(d.id, d.qos)) return;
      this.move(d, 'sent');
      this.open.delete(d.id);
      this.first++;
    }
    if (this.first === line.length) {
      line.length = 0;
      this.first = 0;
    } else if (this.first >= COMPACT_AT) {
      line.splice(0, this.first);
      this.first = 0;
    }
  }
}
