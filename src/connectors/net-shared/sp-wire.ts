// The SP protocols of nanomsg and NNG on a stream of bytes: a connection begins with 8 bytes that name the protocol; a message is its length in 8 bytes
// and its content, on Unix sockets with one byte 1 in front. Used by the connector neuron and by extensions/portable/sp-socket.ts.
import { ByteQueue } from './byte-queue.ts';

/** @source RFC of nanomsg, sp-protocol-ids: pair is version 0 */
export const PROTOCOL = { pair: 0x10, req: 0x30, rep: 0x31, push: 0x50, pull: 0x51 } as const;
export type Protocol = keyof typeof PROTOCOL;
export type Wire = 'tcp' | 'ipc';

const HELLO_BYTES = 8;
const SIZE_BYTES = 8;
/** A peer that announces more is none. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export const helloOf = (own: Protocol): Buffer => Buffer.from([0, 0x53, 0x50, 0, 0, PROTOCOL[own], 0, 0]);

export function frameOf(wire: Wire, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((n, p) => n + p.length, 0);
  const mark = wire === 'ipc' ? 1 : 0;
  const head = Buffer.alloc(mark + SIZE_BYTES);
  if (mark) head[0] = 1;
  head.writeBigUInt64BE(BigInt(size), mark);
  return Buffer.concat([head, ...parts]);
}

/** Cuts a stream of bytes into messages. */
export class SpReader {
  private readonly peer: number;
  private readonly wire: Wire;
  private readonly onMessage: (message: Buffer) => void;
  private readonly queue = new ByteQueue();
  /** The peer has named its protocol. */
  greeted = false;

  constructor(peer: Protocol, wire: Wire, onMessage: (message: Buffer) => void) {
    this.peer = PROTOCOL[peer];
    this.wire = wire;
    this.onMessage = onMessage;
  }

  /** @throws Error for a peer that speaks something else */
  take(chunk: Buffer): void {
    this.queue.push(chunk);
    if (!this.greeted) {
      const hello = this.queue.take(HELLO_BYTES);
      if (!hello) return;
      if (hello[0] !== 0 || hello[1] !== 0x53 || hello[2] !== 0x50 || hello[3] !== 0 || hello.readUInt16BE(4) !== this.peer)
        throw new Error('the peer does not speak the protocol that is expected here');
      this.greeted = true;
    }
    const mark = this.wire === 'ipc' ? 1 : 0;
    for (;;) {
      const head = this.queue.peek(mark + SIZE_BYTES);
      if (!head) return;
      const size = head.readBigUInt64BE(mark);
      if ((mark === 1 && head[0] !== 1) || size > BigInt(MAX_MESSAGE_BYTES))
        throw new Error('a message of the peer is no message, or larger than 64 MB');
      const whole = mark + SIZE_BYTES + Number(size);
      if (this.queue.length < whole) return;
      this.queue.take(mark + SIZE_BYTES);
      // a copy: it does not keep the chunk that it came in
      this.onMessage(Buffer.from(this.queue.take(Number(size)) ?? []));
    }
  }
}
