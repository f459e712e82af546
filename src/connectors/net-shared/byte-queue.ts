// Bytes of a stream as they come, given out in the pieces that a protocol asks for: a large message is put together once, not at each chunk.
// Used by the readers of ZMTP (zmq/zmtp.ts) and SP (net-shared/sp-wire.ts).

export class ByteQueue {
  private readonly chunks: Buffer[] = [];
  private held = 0;

  get length(): number {
    return this.held;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.held += chunk.length;
  }

  /** The next bytes, which stay. @returns undefined while there are fewer */
  peek(bytes: number): Buffer | undefined {
    if (this.held < bytes) return undefined;
    const [first] = this.chunks;
    if (first === undefined) return Buffer.alloc(0);
    if (first.length < bytes) {
      let gathered = 0;
      let count = 0;
      for (const c of this.chunks) {
        if (gathered >= bytes) break;
        gathered += c.length;
        count++;
      }
      this.chunks.splice(0, count, Buffer.concat(this.chunks.slice(0, count)));
    }
    return this.chunks[0]?.subarray(0, bytes);
  }

  /** The next bytes. @returns undefined while there are fewer */
  take(bytes: number): Buffer | undefined {
    const out = this.peek(bytes);
    const [first] = this.chunks;
    if (out === undefined || first === undefined) return out;
    if (first.length === bytes) this.chunks.shift();
    else this.chunks[0] = first.subarray(bytes);
    this.held -= bytes;
    return out;
  }
}
