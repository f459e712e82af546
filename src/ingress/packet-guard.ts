// Looks at the bytes of a connection before the parser gathers them: a packet that is announced as too large ends the connection at its head, and
// takes no memory. Called by connection.ts.

export class PacketGuard {
  readonly #maxBytes: number;
  /** Bytes of the packet under way that are still to come. */
  #left = 0;
  /** In the length field: value so far and its multiplier; 0: at the first byte of a packet. */
  #multiplier = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns false when a packet is too large, or its length is not written as MQTT has it */
  takes(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const skip = Math.min(this.#left, bytes.length - at);
        this.#left -= skip;
        at += skip;
        continue;
      }
      const byte = bytes[at++]!;
      if (this.#multiplier === 0) {
        this.#multiplier = 1;
        this.#length = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * this.#multiplier;
      if (this.#length > this.#maxBytes) return false;
      if ((byte & 0x80) !== 0) {
        this.#multiplier *= 128;
        if (this.#multiplier > 128 * 128 * 128) return false;
        continue;
      }
      this.#left = this.#length;
      this.#multiplier = 0;
    }
    return true;
  }
}
