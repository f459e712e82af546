// Frames of Solarman V5, the protocol of solar loggers (port 8899): a Modbus RTU frame in an envelope with the logger's serial number and a sequence
// byte that comes back. Pure. Used by solarman.ts. @source docs of pysolarmanv5, "Solarman V5 Protocol"

const START = 0xa5;
const END = 0x15;
/** Start, length, control code, sequence, serial number. */
const HEADER_BYTES = 11;
/** What is around the payload. */
const FRAME_BYTES = HEADER_BYTES + 2;
/** The loggers' own messages hold some hundred bytes. */
const MAX_PAYLOAD_BYTES = 1024;
/** Before the RTU frame: kind, status and three times. */
const REPLY_HEAD_BYTES = 14;
const FRAME_KIND_INVERTER = 2;
const REQUEST = 0x4510;
const REPLY = 0x1510;
/** What a logger says of itself (handshake, data, info, heartbeat, report) and wants the time for. */
const OWN = new Set([0x4110, 0x4210, 0x4310, 0x4710, 0x4810]);

export interface SolarmanFrame {
  readonly control: number;
  /** The low byte is the request's. */
  readonly sequence: number;
  readonly serial: number;
  readonly payload: Buffer;
}

const checksum = (frame: Buffer): number => {
  let sum = 0;
  for (const byte of frame.subarray(1, -2)) sum = (sum + byte) & 0xff;
  return sum;
};

function encode({ control, sequence, serial, payload }: SolarmanFrame): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES + payload.length);
  frame[0] = START;
  frame.writeUInt16LE(payload.length, 1);
  frame.writeUInt16LE(control, 3);
  frame.writeUInt16LE(sequence, 5);
  frame.writeUInt32LE(serial, 7);
  payload.copy(frame, HEADER_BYTES);
  frame[frame.length - 2] = checksum(frame);
  frame[frame.length - 1] = END;
  return frame;
}

/** @param rtu with its checksum */
export function solarmanRequest(serial: number, sequence: number, rtu: Buffer): Buffer {
  const head = Buffer.alloc(15);
  head[0] = FRAME_KIND_INVERTER;
  return encode({ control: REQUEST, sequence, serial, payload: Buffer.concat([head, rtu]) });
}

/** The answer that a logger's own message wants, or it closes the connection some time; undefined for other frames. */
export function solarmanTime(frame: SolarmanFrame, epochMs: number): Buffer | undefined {
  if (!OWN.has(frame.control)) return undefined;
  const payload = Buffer.alloc(10);
  payload[1] = 1;
  payload.writeUInt32LE(Math.floor(epochMs / 1000) >>> 0, 2);
  const sequence = (frame.sequence & 0xff00) | ((frame.sequence + 1) & 0xff);
  return encode({ control: frame.control - 0x3000, sequence, serial: frame.serial, payload });
}

/** What a reply carries: an RTU frame, or the number with which the logger itself refuses. */
export type SolarmanReply = { readonly rtu: Buffer } | { readonly refusal: number };

/** @returns undefined for a frame that is no reply */
export function solarmanReply({ control, payload }: SolarmanFrame): SolarmanReply | undefined {
  if (control !== REPLY || payload[0] !== FRAME_KIND_INVERTER || payload.length <= REPLY_HEAD_BYTES) return undefined;
  const rtu = payload.subarray(REPLY_HEAD_BYTES);
  return rtu.length < 5 ? { refusal: rtu.readUInt8() } : { rtu };
}

/** Takes the whole frames off the front of the bytes. @returns the rest, and how many bytes belong to no frame */
export function takeSolarman(bytes: Buffer, out: (frame: SolarmanFrame) => void): { rest: Buffer; skipped: number } {
  let at = 0;
  let skipped = 0;
  while (at < bytes.length) {
    if (bytes[at] !== START) {
      at++;
      skipped++;
      continue;
    }
    if (bytes.length - at < HEADER_BYTES) break;
    const size = FRAME_BYTES + bytes.readUInt16LE(at + 1);
    if (size <= FRAME_BYTES + MAX_PAYLOAD_BYTES) {
      if (bytes.length - at < size) break;
      const frame = bytes.subarray(at, at + size);
      if (frame[size - 1] === END && frame[size - 2] === checksum(frame)) {
        out({
          control: frame.readUInt16LE(3),
          sequence: frame.readUInt16LE(5),
          serial: frame.readUInt32LE(7),
          payload: Buffer.from(frame.subarray(HEADER_BYTES, -2)),
        });
        at += size;
        continue;
      }
    }
    // that was no start
    at++;
    skipped++;
  }
  return { rest: Buffer.from(bytes.subarray(at)), skipped };
}
