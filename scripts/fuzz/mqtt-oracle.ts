// What bytes of a broker mean, in two ways: by our frame reader, cut into pieces, and packet by packet by the package's own parser. Used by the
// fuzz target mqtt-packets and by the tests of the frame reader.
import mqttPacket, { type Packet } from 'mqtt-packet';
import { FrameReader } from '../../src/connectors/mqtt/wire/frame-reader.ts';
import type { Arriving } from '../../src/connectors/mqtt/wire/publish-frame.ts';

/** A publication in a form that can be compared; or what else came. */
const shown = (p: Arriving): string =>
  JSON.stringify([
    'publish',
    p.topic,
    Buffer.from(p.payload).toString('hex'),
    p.qos,
    p.retain,
    p.dup,
    p.messageId ?? null,
    p.properties === undefined
      ? null
      : Object.entries(p.properties)
          .map(([k, v]) => [
            k,
            Buffer.isBuffer(v) ? v.toString('hex') : Array.isArray(v) || typeof v !== 'object' || v === null ? v : Object.entries(v),
          ])
          .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ]);

/** One packet by the package. */
function byPackage(frame: Buffer, protocolVersion: number): string[] {
  const parser = mqttPacket.parser({ protocolVersion });
  const out: string[] = [];
  parser.on('error', () => out.push('error'));
  parser.on('packet', (p: Packet) => out.push(p.cmd === 'publish' ? shown(p as Arriving) : p.cmd));
  parser.parse(frame);
  return out;
}

/** @param kept ids of PUBACKs that the reader is told to know */
export function byReader(bytes: Buffer, cuts: readonly number[], protocolVersion: number, known: (id: number) => boolean = () => false) {
  const seen: string[] = [];
  let mine = 0;
  const reader = new FrameReader(protocolVersion === 5, {
    publish(message) {
      mine++;
      seen.push(shown(message));
    },
    acknowledged(id, reason) {
      if (known(id)) seen.push(`ack ${id} ${reason}`);
      return known(id);
    },
    other(frame, done) {
      seen.push(...byPackage(Buffer.from(frame), protocolVersion));
      done();
    },
    ready: () => undefined,
  });
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + Math.max(1, cuts[i % cuts.length]!));
    // memory of its own that is overwritten afterwards: nothing may be kept of it but payloads, which are read above
    const chunk = Buffer.from(bytes.subarray(at, end));
    reader.take(chunk);
    chunk.fill(0xee);
    at = end;
  }
  return { seen, mine, heldBytes: reader.heldBytes };
}

/** The same by the package alone, packet by packet; the last one may be cut off. */
export function byParser(bytes: Buffer, protocolVersion: number): string[] {
  const seen: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let i = 1;
    for (; ; i++) {
      if (at + i >= bytes.length) return seen;
      length += (bytes[at + i]! & 127) * 128 ** (i - 1);
      if (bytes[at + i]! < 128) break;
      if (i === 4) return [...seen, ...byPackage(bytes.subarray(at), protocolVersion)];
    }
    const end = at + 1 + i + length;
    if (end > bytes.length) return seen;
    seen.push(...byPackage(bytes.subarray(at, end), protocolVersion));
    at = end;
  }
  return seen;
}

/** Some packet has a length of more than four bytes. */
export function lengthIsNone(bytes: Buffer): boolean {
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let i = 1;
    for (; at + i < bytes.length; i++) {
      length += (bytes[at + i]! & 127) * 128 ** (i - 1);
      if (bytes[at + i]! < 128) break;
      if (i === 4) return true;
    }
    at += 1 + i + length;
  }
  return false;
}
