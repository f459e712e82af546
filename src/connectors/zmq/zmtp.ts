// ZMTP 3, the protocol of ZeroMQ, on one socket that is open: greeting, READY, messages of several parts, subscriptions, heartbeats. Only the
// mechanism NULL (no login), as eKuiper uses it. Used by source.ts (SUB) and publisher.ts (PUB).
// @source rfc.zeromq.org/spec/23 (ZMTP 3.0), 37 (ZMTP 3.1), 29 (publish and subscribe)
import type { Socket } from 'node:net';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { ByteQueue } from '../net-shared/byte-queue.ts';

const GREETING_BYTES = 64;
const MECHANISM = 'NULL';
const MECHANISM_AT = 12;
const MECHANISM_BYTES = 20;
const MINOR_AT = 11;

const MORE = 0x01;
const LONG = 0x02;
const COMMAND = 0x04;
const RESERVED = 0xf8;

/** A message may have so many parts; each costs a little memory. */
const MAX_PARTS = 1000;

const SUBSCRIBE = 1;
const CANCEL = 0;

export type ZmtpRole = 'SUB' | 'PUB';
const PEERS_OF: Record<ZmtpRole, readonly string[]> = { SUB: ['PUB', 'XPUB'], PUB: ['SUB', 'XSUB'] };

export interface ZmtpEvents {
  /** The peer is one, and of a kind that fits. */
  ready(): void;
  /** SUB: a message of the peer. */
  message(parts: Buffer[]): void;
  /** PUB: the peer wants, or no longer wants, what begins with `topic`. */
  subscribed(on: boolean, topic: Buffer): void;
  /** Told once: the peer is gone, or speaks something else. */
  ended(error: Error): void;
}

function greeting(): Buffer {
  const out = Buffer.alloc(GREETING_BYTES);
  out[0] = 0xff;
  out[9] = 0x7f;
  out[10] = 3;
  out[MINOR_AT] = 1;
  out.write(MECHANISM, MECHANISM_AT, 'latin1');
  return out;
}

export function frameOf(flags: number, body: Uint8Array): Buffer[] {
  const long = body.length > 255;
  const head = Buffer.alloc(long ? 9 : 2);
  head[0] = flags | (long ? LONG : 0);
  if (long) head.writeBigUInt64BE(BigInt(body.length), 1);
  else head[1] = body.length;
  return [head, Buffer.from(body.buffer, body.byteOffset, body.length)];
}

const commandOf = (name: string, body: Uint8Array): Buffer =>
  Buffer.concat(frameOf(COMMAND, Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1'), body])));

function property(name: string, value: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1'), size, Buffer.from(value, 'latin1')]);
}

/** A whole message as it goes over the wire. */
export const messageOfParts = (parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat(parts.flatMap((part, i) => frameOf(i + 1 < parts.length ? MORE : 0, part)));

/** Properties of a READY: names in lower case. @throws Error for bytes that are none */
export function readProperties(body: Buffer): Map<string, string> {
  const out = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const nameEnd = at + 1 + body.readUInt8(at);
    const valueEnd = nameEnd + 4 > body.length ? Number.POSITIVE_INFINITY : nameEnd + 4 + body.readUInt32BE(nameEnd);
    if (valueEnd > body.length) throw new Error('its READY is cut off');
    out.set(body.toString('latin1', at + 1, nameEnd).toLowerCase(), body.toString('latin1', nameEnd + 4, valueEnd));
    at = valueEnd;
  }
  return out;
}

export class ZmtpConnection {
  private readonly socket: Socket;
  private readonly role: ZmtpRole;
  private readonly events: ZmtpEvents;
  private readonly maxBytes: number;
  private readonly queue = new ByteQueue();
  private stage: 'greeting' | 'handshake' | 'ready' | 'ended' = 'greeting';
  private peerMinor = 0;
  private parts: Buffer[] = [];
  private partBytes = 0;

  /** @param maxBytes of one message of the peer */
  constructor(socket: Socket, role: ZmtpRole, maxBytes: number, events: ZmtpEvents) {
    this.socket = socket;
    this.role = role;
    this.events = events;
    this.maxBytes = maxBytes;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('the peer ended the connection')));
    socket.write(greeting());
  }

  /** The peer answers PINGs. */
  get hasHeartbeats(): boolean {
    return this.stage === 'ready' && this.peerMinor >= 1;
  }

  /** @returns false when more lies unsent than the socket wants to hold */
  send(message: Buffer, done?: (error?: Error | null) => void): boolean {
    return this.socket.write(message, done);
  }

  subscribe(topic: string): void {
    const bytes = Buffer.from(topic);
    if (this.peerMinor >= 1) this.socket.write(commandOf('SUBSCRIBE', bytes));
    else this.socket.write(messageOfParts([Buffer.concat([Buffer.from([SUBSCRIBE]), bytes])]));
  }

  /** @param aliveMs the peer may hang up when it hears nothing for so long */
  ping(aliveMs: number): void {
    const ttl = Buffer.alloc(2);
    ttl.writeUInt16BE(Math.min(0xffff, Math.ceil(aliveMs / 100)));
    this.socket.write(commandOf('PING', ttl));
  }

  /** Ends it without a word to the events. */
  destroy(): void {
    this.stage = 'ended';
    this.socket.destroy();
  }

  private end(error: Error): void {
    if (this.stage === 'ended') return;
    this.destroy();
    this.events.ended(error);
  }

  private take(chunk: Buffer): void {
    if (this.stage === 'ended') return;
    this.queue.push(chunk);
    try {
      if (this.stage === 'greeting' && !this.greeted()) return;
      while (this.frame());
    } catch (error) {
      this.end(ioError(messageOf(error), error));
    }
  }

  private greeted(): boolean {
    const begin = this.queue.peek(1);
    if (begin && begin[0] !== 0xff) throw new Error('it does not speak ZMTP');
    const bytes = this.queue.take(GREETING_BYTES);
    if (!bytes) return false;
    if (bytes[9] !== 0x7f) throw new Error('it does not speak ZMTP');
    if (bytes[10] !== 3) throw new Error(`it speaks ZMTP ${bytes[10]}, not 3`);
    const mechanism = bytes.toString('latin1', MECHANISM_AT, MECHANISM_AT + MECHANISM_BYTES).replace(/\0+$/, '');
    if (mechanism !== MECHANISM) throw new Error(`it asks for the mechanism ${mechanism}; only NULL (no login) is there`);
    this.peerMinor = bytes.readUInt8(MINOR_AT);
    this.stage = 'handshake';
    this.socket.write(commandOf('READY', Buffer.concat([property('Socket-Type', this.role), property('Identity', '')])));
    return true;
  }

  /** Takes one frame. @returns false while it is not there whole */
  private frame(): boolean {
    if (this.stage === 'ended') return false;
    const start = this.queue.peek(2);
    if (!start) return false;
    const flags = start.readUInt8(0);
    if (flags & RESERVED) throw new Error('it sent what is no frame of ZMTP');
    const headBytes = flags & LONG ? 9 : 2;
    const head = this.queue.peek(headBytes);
    if (!head) return false;
    const size = flags & LONG ? head.readBigUInt64BE(1) : BigInt(head.readUInt8(1));
    if (size + BigInt(this.partBytes) > BigInt(this.maxBytes)) throw new Error(`it sent a message of more than ${this.maxBytes} bytes`);
    const bytes = Number(size);
    if (this.queue.length < headBytes + bytes) return false;
    this.queue.take(headBytes);
    const body = this.queue.take(bytes) ?? Buffer.alloc(0);
    if (flags & COMMAND) this.command(body);
    else this.part(body, (flags & MORE) !== 0);
    return true;
  }

  private command(body: Buffer): void {
    const nameEnd = 1 + (body.length === 0 ? 0 : body.readUInt8(0));
    const name = body.toString('latin1', 1, nameEnd);
    const rest = body.subarray(nameEnd);
    if (name === 'READY' && this.stage === 'handshake') {
      const type = readProperties(rest).get('socket-type') ?? '';
      if (!PEERS_OF[this.role].includes(type))
        throw new Error(`it is a socket of type ${type || 'unknown'}, not ${PEERS_OF[this.role].join(' or ')}`);
      this.stage = 'ready';
      this.events.ready();
    } else if (name === 'ERROR') throw new Error(`it refuses the connection: ${rest.toString('latin1', 1).slice(0, 200)}`);
    else if (this.stage !== 'ready') throw new Error(`it sent ${name} before READY`);
    else if (name === 'PING') this.socket.write(commandOf('PONG', rest.subarray(2, 18)));
    else if (name === 'SUBSCRIBE' || name === 'CANCEL') this.events.subscribed(name === 'SUBSCRIBE', rest);
    // others are of versions to come, and a peer may send them
  }

  private part(body: Buffer, more: boolean): void {
    if (this.stage !== 'ready') throw new Error('it sent a message before READY');
    this.parts.push(body);
    this.partBytes += body.length;
    if (this.parts.length > MAX_PARTS) throw new Error(`it sent a message of more than ${MAX_PARTS} parts`);
    if (more) return;
    const { parts } = this;
    this.parts = [];
    this.partBytes = 0;
    if (this.role === 'SUB') return this.events.message(parts);
    // ZMTP 3.0: a subscription is a message of one part that begins with 1 or 0
    const [first] = parts;
    if (parts.length === 1 && first && first.length > 0 && (first[0] === SUBSCRIBE || first[0] === CANCEL))
      this.events.subscribed(first[0] === SUBSCRIBE, first.subarray(1));
  }
}
