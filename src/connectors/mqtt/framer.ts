// Reads the framing of MQTT below the parser, so that a message larger than the limit never lies in memory: its body is skipped as it comes,
// and the parser gets the same PUBLISH with a short stand-in for the body, in its place in the order. So it is confirmed like any other (QoS 1
// and 2), counted and told. Nothing is announced to the broker, which would drop it without a word. Pure; called by holding-client.ts with
// each chunk of the socket. MQTT 3.1.1 §2.2 and §3.3, MQTT 5 §2.1 and §3.3.

/** Bytes that stand for a skipped body: a token that only this connection knows, and the size. */
export const STAND_IN_BYTES = 24;
const TOKEN_BYTES = 16;
const PUBLISH = 3;
/** Larger properties of a message that is skipped are left out. */
const MAX_PROPERTIES_BYTES = 65_536;
const nothing: readonly Buffer[] = [];

export class Framer {
  private readonly limitBytes: number;
  private readonly version5: boolean;
  private readonly token: Buffer;
  /** Begin of a packet that is not yet understood: at most its head. */
  private head: Buffer | undefined;
  /** Bytes of the packet under way that are still to come … */
  private left = 0;
  /** … and are thrown away; the packet that then takes their place. */
  private standIn: Buffer | undefined;

  /** @param limitBytes largest payload  @param token 16 random bytes */
  constructor(limitBytes: number, version5: boolean, token: Buffer) {
    this.limitBytes = limitBytes;
    this.version5 = version5;
    this.token = token;
  }

  /** Bytes that are kept here until more come. */
  get heldBytes(): number {
    return (this.head?.length ?? 0) + (this.standIn?.length ?? 0);
  }

  /** @returns what the parser gets instead; undefined: the chunk as it is, in nearly all cases
   *  @throws Error when a packet without a payload is larger than the limit */
  take(chunk: Buffer): readonly Buffer[] | undefined {
    let data = chunk;
    if (this.head !== undefined) {
      data = Buffer.concat([this.head, chunk]);
      this.head = undefined;
    }
    let out: Buffer[] | undefined;
    /** Begin of what is passed on. */
    let from = 0;
    let at = 0;
    const put = (part: Buffer) => {
      if (part.length > 0) (out ??= []).push(part);
    };
    while (at < data.length) {
      if (this.left > 0) {
        const step = Math.min(this.left, data.length - at);
        at += step;
        this.left -= step;
        if (this.standIn === undefined) continue;
        from = at;
        if (this.left > 0) continue;
        put(this.standIn);
        this.standIn = undefined;
        continue;
      }
      const end = endOfSmall(data, at);
      if (end > 0 && end - at <= this.limitBytes) {
        this.left = Math.max(0, end - data.length);
        at = Math.min(end, data.length);
        continue;
      }
      const head = readHead(data, at, this.limitBytes, this.version5);
      if (head === undefined) {
        put(data.subarray(from, at));
        // a copy: the rest of the chunk need not be kept for it
        this.head = Buffer.from(data.subarray(at));
        return out ?? nothing;
      }
      if (head.payloadBytes <= this.limitBytes) {
        this.left = head.totalBytes;
        continue;
      }
      put(data.subarray(from, at));
      this.standIn = this.substitute(data, at, head);
      at += head.headBytes;
      from = at;
      this.left = head.totalBytes - head.headBytes;
    }
    if (out === undefined && from === 0 && data === chunk) return undefined;
    put(data.subarray(from, at));
    return out ?? nothing;
  }

  /** @returns bytes of the body that this payload stands for; undefined: it is a payload of its own */
  skipped(payload: Buffer): number | undefined {
    if (payload.length !== STAND_IN_BYTES || payload.compare(this.token, 0, TOKEN_BYTES, 0, TOKEN_BYTES) !== 0) return undefined;
    return payload.readUIntBE(TOKEN_BYTES, 6);
  }

  private substitute(data: Buffer, at: number, head: Head): Buffer {
    const variable = data.subarray(at + head.fixedBytes, at + head.variableEnd);
    const properties = head.withoutProperties ? 1 : 0;
    const rest = variable.length + properties + STAND_IN_BYTES;
    const length = varInt(rest);
    const packet = Buffer.alloc(1 + length.length + rest);
    packet[0] = data[at] ?? 0;
    length.copy(packet, 1);
    variable.copy(packet, 1 + length.length);
    // MQTT 5: properties of length 0 are the zero that is there
    const body = packet.length - STAND_IN_BYTES;
    this.token.copy(packet, body);
    packet.writeUIntBE(head.payloadBytes, body + TOKEN_BYTES, 6);
    return packet;
  }
}

/** Nearly all packets have less than 16 kB: @returns the end of one whose length is written in one or two bytes, 0 for others */
function endOfSmall(data: Buffer, at: number): number {
  if (at + 2 >= data.length) return 0;
  const first = data[at + 1] ?? 0;
  if (first < 128) return at + 2 + first;
  const second = data[at + 2] ?? 0;
  return second < 128 ? at + 3 + (first & 127) + second * 128 : 0;
}

interface Head {
  /** Type, flags and length. */
  fixedBytes: number;
  /** Of the whole packet. */
  totalBytes: number;
  /** 0 for packets that are small enough in any case. */
  payloadBytes: number;
  /** Up to the payload. */
  headBytes: number;
  /** End of what is kept of a packet that is skipped. */
  variableEnd: number;
  withoutProperties: boolean;
}

const small: Head = { fixedBytes: 0, totalBytes: 0, payloadBytes: 0, headBytes: 0, variableEnd: 0, withoutProperties: false };

/** @returns undefined when more bytes are needed to tell. For a small packet the same object each time: only `totalBytes` counts. */
function readHead(data: Buffer, at: number, limitBytes: number, version5: boolean): Head | undefined {
  let rest = 0;
  let fixedBytes = 1;
  for (let shift = 0; ; shift += 7) {
    if (at + fixedBytes >= data.length) return undefined;
    const byte = data[at + fixedBytes++] ?? 0;
    rest += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
    // the parser words the error
    if (shift === 21) break;
  }
  const totalBytes = fixedBytes + rest;
  if (rest <= limitBytes) {
    small.totalBytes = totalBytes;
    return small;
  }
  const type = (data[at] ?? 0) >> 4;
  if (type !== PUBLISH)
    throw new Error(`the broker sent a packet of type ${type} with ${rest} bytes, more than any has that is not a message`);
  const qos = ((data[at] ?? 0) >> 1) & 3;
  let end = fixedBytes + 2;
  if (at + end > data.length) return undefined;
  end += data.readUInt16BE(at + fixedBytes) + (qos > 0 ? 2 : 0);
  let withoutProperties = false;
  let variableEnd = end;
  if (version5) {
    let bytes = 0;
    let length = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (at + end + bytes >= data.length) return undefined;
      const byte = data[at + end + bytes++] ?? 0;
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    withoutProperties = length > MAX_PROPERTIES_BYTES;
    if (!withoutProperties) variableEnd = end + bytes + length;
    // left out ones are skipped with the body
    end = withoutProperties ? end : variableEnd;
  }
  if (at + end > data.length) return undefined;
  return { fixedBytes, totalBytes, payloadBytes: totalBytes - end, headBytes: end, variableEnd, withoutProperties };
}

function varInt(n: number): Buffer {
  const bytes: number[] = [];
  let rest = n;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}
