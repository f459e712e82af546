// The bytes of a half frame: appended at the end, taken from the front, moved only when the room is used up.
export class ByteStore {
  private buffer: Buffer;
  private from = 0;
  private to = 0;

  constructor(initialBytes = 256) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  get length(): number {
    return this.to - this.from;
  }

  append(chunk: Uint8Array): void {
    if (this.to + chunk.length > this.buffer.length) {
      const need = this.length + chunk.length;
      const target = need > this.buffer.length ? Buffer.allocUnsafe(Math.max(need, this.buffer.length * 2)) : this.buffer;
      this.buffer.copy(target, 0, this.from, this.to);
      this.buffer = target;
      this.to -= this.from;
      this.from = 0;
    }
    this.buffer.set(chunk, this.to);
    this.to += chunk.length;
  }

  /** The bytes; valid until the next append. */
  view(): Buffer {
    return this.buffer.subarray(this.from, this.to);
  }

  /** A copy of the first `count` bytes, which leave the store. */
  take(count: number): Buffer {
    const frame = Buffer.from(this.buffer.subarray(this.from, this.from + count));
    this.skip(count);
    return frame;
  }

  skip(count: number): void {
    this.from += count;
    if (this.from >= this.to) this.from = this.to = 0;
  }

  clear(): void {
    this.from = this.to = 0;
    if (this.buffer.length > 65_536) this.buffer = Buffer.allocUnsafe(256);
  }
}
