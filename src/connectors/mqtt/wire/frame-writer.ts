// Publications and confirmations on their way out: encoded one behind the other into one buffer, which leaves with one system call at the end of the
// turn of the event loop. Whatever the package writes itself leaves after what is here. Called by holding-client.ts. MQTT 3.1.1 §3.3, MQTT 5 §3.3.
import type { Writable } from 'node:stream';
import type { PublishProperties } from '../publisher.ts';

const BUFFER_BYTES = 32 * 1024;
/** Larger payloads are written as they are, without a copy. */
const MAX_COPIED_BYTES = 8 * 1024;
/** Type, length, length of the topic, packet id, length of the properties. */
const MAX_HEAD_BYTES = 1 + 4 + 2 + 2 + 4;
const MAX_TOPIC_BYTES = 65_535;
const MAX_PACKET_BYTES = 268_435_455;
/** Topics whose bytes are kept. */
const MAX_TOPICS = 1024;
const nothing = Buffer.alloc(0);

export class FrameWriter {
  private readonly version5: boolean;
  private readonly stream: () => Writable;
  private buffer = nothing;
  /** Written to the stream up to here … */
  private start = 0;
  /** … and filled up to here. */
  private end = 0;
  private planned = false;
  private readonly topics = new Map<string, Buffer>();

  constructor(version5: boolean, stream: () => Writable) {
    this.version5 = version5;
    this.stream = stream;
  }

  /** @param id of the packet; unused at QoS 0  @throws Error when the topic or the whole is longer than MQTT allows */
  publish(topic: string, payload: string | Uint8Array, qos: 0 | 1, retain: boolean, id: number, properties?: PublishProperties): void {
    const name = this.topic(topic);
    const extra = this.version5 && properties !== undefined ? encodeProperties(properties) : nothing;
    const text = typeof payload === 'string';
    const payloadBytes = text ? Buffer.byteLength(payload) : payload.length;
    const rest = 2 + name.length + qos * 2 + (this.version5 ? lengthBytes(extra.length) + extra.length : 0) + payloadBytes;
    if (rest > MAX_PACKET_BYTES) throw new Error(`publishing to "${topic}": MQTT has no packets of ${rest} bytes`);
    const copied = payloadBytes <= MAX_COPIED_BYTES;
    this.room(MAX_HEAD_BYTES + name.length + extra.length + (copied ? payloadBytes : 0));
    const { buffer } = this;
    let at = this.end;
    buffer[at++] = 0x30 | (qos << 1) | (retain ? 1 : 0);
    at = writeLength(buffer, at, rest);
    buffer[at++] = name.length >> 8;
    buffer[at++] = name.length & 255;
    at = copy(name, buffer, at);
    if (qos === 1) {
      buffer[at++] = id >> 8;
      buffer[at++] = id & 255;
    }
    if (this.version5) {
      at = writeLength(buffer, at, extra.length);
      at = copy(extra, buffer, at);
    }
    if (copied) {
      if (text) at += buffer.write(payload, at, payloadBytes);
      else at = copy(payload, buffer, at);
      this.end = at;
      this.plan();
      return;
    }
    this.end = at;
    const stream = this.stream();
    stream.cork();
    this.flush();
    stream.write(payload);
    stream.uncork();
  }

  /** PUBACK (QoS 1) or PUBREC (QoS 2) that says: all is well. */
  confirm(id: number, qos: number): void {
    this.room(4);
    const { buffer } = this;
    buffer[this.end++] = qos === 1 ? 0x40 : 0x50;
    buffer[this.end++] = 2;
    buffer[this.end++] = id >> 8;
    buffer[this.end++] = id & 255;
    this.plan();
  }

  /** Hands over to the stream what is here. */
  flush(): void {
    if (this.start === this.end) return;
    const stream = this.stream();
    const bytes = this.buffer.subarray(this.start, this.end);
    this.start = this.end;
    if (stream.destroyed) return;
    stream.write(bytes);
    // the system has all of it: the memory is free again
    if (stream.writableLength === 0) this.start = this.end = 0;
  }

  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    setImmediate(() => {
      this.planned = false;
      this.flush();
    });
  }

  private room(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    this.flush();
    if (this.end + bytes <= this.buffer.length) return;
    // the stream still has the one before
    this.buffer = Buffer.allocUnsafeSlow(Math.max(BUFFER_BYTES, bytes));
    this.start = this.end = 0;
  }

  private topic(topic: string): Buffer {
    const known = this.topics.get(topic);
    if (known !== undefined) return known;
    const bytes = Buffer.from(topic);
    if (bytes.length > MAX_TOPIC_BYTES) throw new Error(`a topic of ${bytes.length} bytes is longer than MQTT allows (${MAX_TOPIC_BYTES})`);
    if (this.topics.size >= MAX_TOPICS) this.topics.clear();
    this.topics.set(topic, bytes);
    return bytes;
  }
}

/** A few bytes are copied faster by hand. */
const BY_HAND_BYTES = 48;

function copy(from: Uint8Array, to: Buffer, at: number): number {
  const { length } = from;
  if (length > BY_HAND_BYTES) to.set(from, at);
  else for (let i = 0; i < length; i++) to[at + i] = from[i] ?? 0;
  return at + length;
}

const lengthBytes = (n: number): number => (n < 128 ? 1 : n < 16_384 ? 2 : n < 2_097_152 ? 3 : 4);

function writeLength(buffer: Buffer, start: number, n: number): number {
  let at = start;
  let rest = n;
  while (rest > 127) {
    buffer[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

const CONTENT_TYPE = 3;
const MESSAGE_EXPIRY = 2;
const USER_PROPERTY = 38;

/** @throws Error when a text is longer than MQTT allows */
function encodeProperties({ userProperties, contentType, messageExpiryInterval }: PublishProperties): Buffer {
  const parts: Buffer[] = [];
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    if (bytes.length > MAX_TOPIC_BYTES)
      throw new Error(`a property of ${bytes.length} bytes is longer than MQTT allows (${MAX_TOPIC_BYTES})`);
    parts.push(Buffer.of(bytes.length >> 8, bytes.length & 255), bytes);
  };
  if (messageExpiryInterval !== undefined) {
    const bytes = Buffer.alloc(5, MESSAGE_EXPIRY);
    bytes.writeUInt32BE(messageExpiryInterval, 1);
    parts.push(bytes);
  }
  if (contentType !== undefined) {
    parts.push(Buffer.of(CONTENT_TYPE));
    text(contentType);
  }
  for (const [name, value] of Object.entries(userProperties ?? {})) {
    parts.push(Buffer.of(USER_PROPERTY));
    text(name);
    text(String(value));
  }
  return parts.length === 0 ? nothing : Buffer.concat(parts);
}
