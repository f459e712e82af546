// Walks through the bytes of a connection from packet to packet. Publications of QoS 0 and 1 and confirmations of our own are dealt with here, without
// the package's parser, its queue and its turn of the event loop for each packet; every other packet goes to the package, one at a time and in its
// place in the order. Packets may be cut anywhere. Pure; called by holding-client.ts with what framer.ts lets through, so nothing here is large.
import { type Arriving, readPublish, Topics } from './publish-frame.ts';

const PUBLISH = 3;
const PUBACK = 4;

export interface FrameTarget {
  /** A publication of QoS 0 or 1. @returns a promise: nothing more is given out until it is settled */
  publish(message: Arriving): void | Promise<void>;
  /** A PUBACK. @param reason 0 in MQTT 3.1.1  @returns false: it is for the package */
  acknowledged(id: number, reason: number): boolean;
  /** Every other packet, whole; or, where a length is none, all that comes. @param done to be called when it is dealt with */
  other(bytes: Buffer, done: () => void): void;
  /** May be read on: what was given is dealt with. */
  ready(): void;
}

export class FrameReader {
  private readonly version5: boolean;
  private readonly target: FrameTarget;
  private readonly topics = new Topics();
  /** Begin of a packet whose length is not known yet: 1 to 4 bytes. */
  private head: Buffer | undefined;
  /** A packet of which `filled` bytes are here. */
  private partial: Buffer | undefined;
  private filled = 0;
  /** Chunks that wait, from `at` of the first one on. */
  private readonly waiting: Buffer[] = [];
  private at = 0;
  private busy = false;
  /** A length was none: where packets begin is not known any more. */
  private lost = false;

  constructor(version5: boolean, target: FrameTarget) {
    this.version5 = version5;
    this.target = target;
  }

  /** Bytes of a packet that is not whole yet. */
  get heldBytes(): number {
    return (this.head?.length ?? 0) + (this.partial?.length ?? 0);
  }

  /** @returns false: no more before `ready` */
  take(chunk: Buffer): boolean {
    if (this.busy) {
      this.waiting.push(chunk);
      return false;
    }
    return this.walk(chunk, 0);
  }

  private walk(chunk: Buffer, from: number): boolean {
    let at = from;
    while (at < chunk.length) {
      let data = chunk;
      let start = at;
      let end: number;
      if (this.partial !== undefined) {
        const part = Math.min(this.partial.length - this.filled, chunk.length - at);
        chunk.copy(this.partial, this.filled, at, at + part);
        this.filled += part;
        at += part;
        if (this.filled < this.partial.length) return true;
        data = this.partial;
        start = 0;
        end = data.length;
        this.partial = undefined;
      } else if (this.lost) {
        end = at = chunk.length;
      } else {
        if (this.head !== undefined) {
          // a byte at a time: there are three more at most
          this.head = Buffer.concat([this.head, chunk.subarray(at, at + 1)]);
          at++;
          data = this.head;
          start = 0;
        }
        const bytes = packetBytes(data, start);
        if (bytes === 0) {
          if (data === chunk) {
            this.head = Buffer.from(chunk.subarray(at));
            return true;
          }
          continue;
        }
        this.head = undefined;
        end = start + bytes;
        if (bytes < 0) {
          this.lost = true;
          end = data.length;
          if (data === chunk) at = end;
        } else if (end > data.length) {
          // memory of its own: what was read with it is not kept for it
          this.partial = Buffer.allocUnsafe(bytes);
          this.filled = data.copy(this.partial, 0, start);
          if (data === chunk) return true;
          continue;
        } else if (data === chunk) at = end;
      }
      if (!this.give(data, start, end)) {
        this.busy = true;
        this.waiting.unshift(chunk);
        this.at = at;
        return false;
      }
    }
    return true;
  }

  /** @returns false: it is not dealt with yet */
  private give(data: Buffer, start: number, end: number): boolean {
    const kind = (data[start] ?? 0) >> 4;
    if (!this.lost) {
      if (kind === PUBLISH) {
        const message = readPublish(data, start, bodyOf(data, start), end, this.version5, this.topics);
        if (message !== undefined) {
          const wait = this.target.publish(message);
          if (wait === undefined) return true;
          wait.then(this.goOn, this.goOn);
          return false;
        }
      } else if (kind === PUBACK && data[start] === 0x40 && end - start >= 4 && (data[start + 1] ?? 0) < 128) {
        const reason = this.version5 && end - start > 4 ? (data[start + 4] ?? 0) : 0;
        if (this.target.acknowledged((data[start + 2] ?? 0) * 256 + (data[start + 3] ?? 0), reason)) return true;
      }
    }
    let dealtWith = false;
    let returned = false;
    this.target.other(data.subarray(start, end), () => {
      if (dealtWith) return;
      dealtWith = true;
      if (returned) this.goOn();
    });
    returned = true;
    return dealtWith;
  }

  private readonly goOn = (): void => {
    this.busy = false;
    let at = this.at;
    this.at = 0;
    for (let chunk = this.waiting.shift(); chunk !== undefined; chunk = this.waiting.shift()) {
      if (!this.walk(chunk, at)) return;
      at = 0;
    }
    this.target.ready();
  };
}

/** @returns bytes of the packet that begins there; 0: more are needed to tell; -1: the length is none */
function packetBytes(data: Buffer, at: number): number {
  let rest = 0;
  for (let i = 1; i <= 4; i++) {
    if (at + i >= data.length) return 0;
    const byte = data[at + i] ?? 0;
    rest += (byte & 127) * 2 ** (7 * (i - 1));
    if (byte < 128) return 1 + i + rest;
  }
  return -1;
}

/** @returns where the bytes behind the length begin */
function bodyOf(data: Buffer, at: number): number {
  let i = at + 1;
  while ((data[i] ?? 0) > 127) i++;
  return i + 1;
}
