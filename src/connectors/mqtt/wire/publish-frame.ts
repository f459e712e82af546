// One PUBLISH frame of QoS 0 or 1 that lies in memory as a whole (MQTT 3.1.1 §3.3, MQTT 5 §3.3). Read here is only what is right in every respect:
// a frame that is odd in any way (topic alias, unknown or repeated property, lengths that do not fit) is left to the package's parser, which words
// the error. Properties are looked through and decoded when somebody asks for them. Called by frame-reader.ts.
import type { IPublishPacket } from 'mqtt';

type Properties = NonNullable<IPublishPacket['properties']>;

/** A message as it arrived; one of QoS 2 is the package's own packet. The payload is a view into what the socket read. */
export type Arriving = Pick<IPublishPacket, 'topic' | 'qos' | 'retain' | 'dup' | 'messageId' | 'properties'> & { payload: Buffer };

class Arrival implements Arriving {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly messageId: number | undefined;
  /** Of MQTT 5, not decoded. */
  private encoded: Buffer | undefined;
  private decoded: Properties | undefined;

  constructor(topic: string, payload: Buffer, flags: number, messageId: number | undefined, encoded: Buffer | undefined) {
    this.topic = topic;
    this.payload = payload;
    this.qos = flags & 2 ? 1 : 0;
    this.retain = (flags & 1) !== 0;
    this.dup = (flags & 8) !== 0;
    this.messageId = messageId;
    this.encoded = encoded;
    this.decoded = undefined;
  }

  get properties(): Properties | undefined {
    if (this.encoded !== undefined) {
      this.decoded = decodeProperties(this.encoded);
      this.encoded = undefined;
    }
    return this.decoded;
  }
}

/** @param at first byte of the frame  @param bodyAt behind its length  @param end behind its last byte
 *  @returns undefined: the package shall read it */
export function readPublish(
  data: Buffer,
  at: number,
  bodyAt: number,
  end: number,
  version5: boolean,
  topics: Topics,
): Arriving | undefined {
  const flags = (data[at] ?? 0) & 15;
  const qos = (flags >> 1) & 3;
  if (qos > 1 || bodyAt + 2 > end) return undefined;
  const topicAt = bodyAt + 2;
  const topicEnd = topicAt + (data[bodyAt] ?? 0) * 256 + (data[bodyAt + 1] ?? 0);
  let pos = topicEnd + qos * 2;
  if (topicEnd === topicAt || pos > end) return undefined;
  let messageId: number | undefined;
  if (qos === 1) {
    messageId = (data[topicEnd] ?? 0) * 256 + (data[topicEnd + 1] ?? 0);
    if (messageId === 0) return undefined;
  }
  let encoded: Buffer | undefined;
  if (version5) {
    if (pos >= end) return undefined;
    const first = data[pos++] ?? 0;
    if (first !== 0) {
      let length = first & 127;
      for (let shift = 7, more = first; more > 127; shift += 7) {
        if (pos >= end || shift > 21) return undefined;
        more = data[pos++] ?? 0;
        length += (more & 127) << shift;
      }
      const start = pos;
      pos += length;
      if (pos > end || !soundProperties(data, start, pos)) return undefined;
      if (length > 0) encoded = data.subarray(start, pos);
    }
  }
  return new Arrival(topics.text(data, topicAt, topicEnd), data.subarray(pos, end), flags, messageId, encoded);
}

const PAYLOAD_FORMAT = 1;
const MESSAGE_EXPIRY = 2;
const CONTENT_TYPE = 3;
const RESPONSE_TOPIC = 8;
const CORRELATION_DATA = 9;
const SUBSCRIPTION_ID = 11;
const USER_PROPERTY = 38;

/** @returns whether all of them are known, whole, within the bounds, and there once where they may be there once only */
function soundProperties(data: Buffer, start: number, end: number): boolean {
  let seen = 0;
  let at = start;
  while (at < end) {
    const kind = data[at++] ?? 0;
    if (kind !== SUBSCRIPTION_ID && kind !== USER_PROPERTY) {
      if (kind > CORRELATION_DATA || seen & (1 << kind)) return false;
      seen |= 1 << kind;
    }
    const next = endOfValue(data, at, end, kind);
    if (next === 0 || next > end) return false;
    at = next;
  }
  return true;
}

/** @returns 0: not known, or cut off */
function endOfValue(data: Buffer, at: number, end: number, kind: number): number {
  switch (kind) {
    case PAYLOAD_FORMAT:
      return at + 1;
    case MESSAGE_EXPIRY:
      return at + 4;
    case CONTENT_TYPE:
    case RESPONSE_TOPIC:
    case CORRELATION_DATA:
      return endOfText(data, at, end);
    case USER_PROPERTY: {
      const value = endOfText(data, at, end);
      return value === 0 ? 0 : endOfText(data, value, end);
    }
    case SUBSCRIPTION_ID: {
      // 0 is none
      if (at >= end || data[at] === 0) return 0;
      for (let i = 0; i < 4 && at + i < end; i++) if ((data[at + i] ?? 0) < 128) return at + i + 1;
      return 0;
    }
    default:
      return 0;
  }
}

function endOfText(data: Buffer, at: number, end: number): number {
  if (at + 2 > end) return 0;
  const next = at + 2 + (data[at] ?? 0) * 256 + (data[at + 1] ?? 0);
  return next > end ? 0 : next;
}

/** As the package gives them. @param bytes that {@link soundProperties} approved */
function decodeProperties(bytes: Buffer): Properties {
  const properties: Properties = {};
  let at = 0;
  const text = (): string => {
    const start = at + 2;
    at = endOfText(bytes, at, bytes.length);
    return bytes.toString('utf8', start, at);
  };
  while (at < bytes.length) {
    const kind = bytes[at++] ?? 0;
    switch (kind) {
      case PAYLOAD_FORMAT:
        properties.payloadFormatIndicator = bytes[at++] !== 0;
        break;
      case MESSAGE_EXPIRY:
        properties.messageExpiryInterval = bytes.readUInt32BE(at);
        at += 4;
        break;
      case CONTENT_TYPE:
        properties.contentType = text();
        break;
      case RESPONSE_TOPIC:
        properties.responseTopic = text();
        break;
      case CORRELATION_DATA: {
        const start = at + 2;
        at = endOfText(bytes, at, bytes.length);
        properties.correlationData = bytes.subarray(start, at);
        break;
      }
      case SUBSCRIPTION_ID: {
        let id = 0;
        for (let shift = 0; ; shift += 7) {
          const byte = bytes[at++] ?? 0;
          id += (byte & 127) << shift;
          if (byte < 128) break;
        }
        const before = properties.subscriptionIdentifier;
        properties.subscriptionIdentifier = before === undefined ? id : Array.isArray(before) ? [...before, id] : [before, id];
        break;
      }
      default: {
        // without a prototype: a name may be any text
        const user: NonNullable<Properties['userProperties']> = properties.userProperties ?? Object.create(null);
        properties.userProperties = user;
        const name = text();
        const value = text();
        const before = user[name];
        user[name] = !before ? value : Array.isArray(before) ? [...before, value] : [before, value];
      }
    }
  }
  return properties;
}

const FIRST_PLACES = 1024;
/** A plant names some ten thousand topics; more would be kept for nobody. */
const MAX_PLACES = 32_768;
/** Longer ones are decoded each time: comparing them costs as much. */
const MAX_KEPT_BYTES = 256;
/** Of all topics that are kept; above it the table does not grow. */
const MAX_TABLE_BYTES = 2 * 1024 * 1024;

/** Topics as texts, found by their bytes: a device names the same few topics for years, so that each is decoded once. The text is the same object
 *  each time, which makes the look-up of its readers (routes.ts) cheap. A topic lies in one of two places of the table; where both are taken it
 *  replaces another, and when that happens often the table grows. */
export class Topics {
  private texts: (string | undefined)[] = new Array(FIRST_PLACES);
  private hashes = new Int32Array(FIRST_PLACES);
  /** Of topics with letters beyond ASCII, which cannot be compared with their bytes letter by letter. */
  private readonly bytes = new Map<string, Uint8Array>();
  private replaced = 0;
  private keptBytes = 0;

  /** Places of the table. */
  get size(): number {
    return this.texts.length;
  }

  /** @param end behind the topic's last byte */
  text(data: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > MAX_KEPT_BYTES) return data.toString('utf8', start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (data[i] ?? 0)) | 0;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash ^= hash >>> 13;
    const place = hash & (this.texts.length - 1);
    const text = this.at(place, hash, data, start, length) ?? this.at(place ^ 1, hash, data, start, length);
    if (text !== undefined) return text;
    const made = data.toString('utf8', start, end);
    this.keep(made, this.texts[place] !== undefined && this.texts[place ^ 1] === undefined ? place ^ 1 : place, hash, data, start, length);
    return made;
  }

  private at(place: number, hash: number, data: Buffer, start: number, length: number): string | undefined {
    const known = this.texts[place];
    return known !== undefined && this.hashes[place] === hash && this.same(known, data, start, length) ? known : undefined;
  }

  private same(known: string, data: Buffer, start: number, length: number): boolean {
    let i = 0;
    if (known.length === length) {
      while (i < length && known.charCodeAt(i) === data[start + i]) i++;
      if (i === length) return true;
    }
    const bytes = this.bytes.get(known);
    return bytes !== undefined && data.compare(bytes, 0, bytes.length, start, start + length) === 0;
  }

  private keep(text: string, place: number, hash: number, data: Buffer, start: number, length: number): void {
    const before = this.texts[place];
    if (before !== undefined) {
      this.bytes.delete(before);
      this.keptBytes -= before.length;
      this.replaced++;
    }
    let ascii = text.length === length;
    for (let i = 0; ascii && i < length; i++) ascii = (data[start + i] ?? 0) < 128;
    // a copy: the chunk that the topic lies in is not kept for it
    if (!ascii) this.bytes.set(text, Uint8Array.prototype.slice.call(data, start, start + length));
    this.texts[place] = text;
    this.hashes[place] = hash;
    this.keptBytes += text.length;
    if (this.replaced > this.texts.length / 4) this.grow();
  }

  private grow(): void {
    this.replaced = 0;
    const { texts, hashes } = this;
    const places = texts.length * 2;
    if (places > MAX_PLACES || this.keptBytes > MAX_TABLE_BYTES) return;
    this.texts = new Array(places);
    this.hashes = new Int32Array(places);
    for (const [i, text] of texts.entries()) {
      if (text === undefined) continue;
      const hash = hashes[i] ?? 0;
      const place = hash & (places - 1);
      // of two that shared a place at most two come here again
      const to = this.texts[place] === undefined ? place : place ^ 1;
      this.texts[to] = text;
      this.hashes[to] = hash;
    }
  }
}
