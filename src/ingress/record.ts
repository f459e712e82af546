// Records of the journal as bytes: length, checksum, kind, fields. The checksum covers the segment's number, so that what an earlier use of the file
// left behind the end is not taken for more. Called by journal.ts.
import { bytesSum } from '../base/checksum.ts';

export interface JournalMessage {
  seq: number;
  topic: string;
  payload: Buffer;
  retain: boolean;
  /** MQTT 5 properties that travel with a message, if any. */
  properties?: Record<string, unknown> | undefined;
  /** Numbers of the sessions that have to confirm it. */
  targets: readonly number[];
}

export type JournalRecord = ({ kind: 'message' } & JournalMessage) | { kind: 'ack'; seq: number; session: number };

const HEAD_BYTES = 8;
const MESSAGE = 1;
const ACK = 2;

export function encodeMessage({ seq, topic, payload, retain, properties, targets }: JournalMessage, segment: number): Buffer {
  const name = Buffer.from(topic);
  const props = properties === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(properties, replacer));
  const bytes = Buffer.alloc(HEAD_BYTES + 18 + targets.length * 4 + name.length + props.length + payload.length);
  let at = HEAD_BYTES;
  at = bytes.writeUInt8(MESSAGE, at);
  at = bytes.writeUIntBE(seq, at, 6);
  at = bytes.writeUInt8(retain ? 1 : 0, at);
  at = bytes.writeUInt16BE(targets.length, at);
  for (const target of targets) at = bytes.writeUInt32BE(target, at);
  at = bytes.writeUInt32BE(name.length, at);
  at = bytes.writeUInt32BE(props.length, at);
  at += name.copy(bytes, at);
  at += props.copy(bytes, at);
  payload.copy(bytes, at);
  return sealed(bytes, segment);
}

export function encodeAck(seq: number, session: number, segment: number): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + 11);
  bytes.writeUInt8(ACK, HEAD_BYTES);
  bytes.writeUIntBE(seq, HEAD_BYTES + 1, 6);
  bytes.writeUInt32BE(session, HEAD_BYTES + 7);
  return sealed(bytes, segment);
}

function sealed(bytes: Buffer, segment: number): Buffer {
  bytes.writeUInt32BE(bytes.length - HEAD_BYTES, 0);
  bytes.writeUInt32BE(sum(bytes.subarray(HEAD_BYTES), segment), 4);
  return bytes;
}

const sum = (body: Uint8Array, segment: number): number => (bytesSum(body) ^ Math.imul(segment, 0x9e3779b1)) >>> 0;

/** Records from the beginning to the first that is not whole: a cut write, or the end. */
export function* decodeRecords(bytes: Buffer, segment: number): Generator<JournalRecord> {
  let at = 0;
  while (at + HEAD_BYTES < bytes.length) {
    const length = bytes.readUInt32BE(at);
    const end = at + HEAD_BYTES + length;
    if (length < 11 || end > bytes.length) return;
    const body = bytes.subarray(at + HEAD_BYTES, end);
    if (sum(body, segment) !== bytes.readUInt32BE(at + 4)) return;
    const record = decodeBody(body);
    if (!record) return;
    yield record;
    at = end;
  }
}

function decodeBody(body: Buffer): JournalRecord | undefined {
  const kind = body.readUInt8(0);
  const seq = body.readUIntBE(1, 6);
  if (kind === ACK) return { kind: 'ack', seq, session: body.readUInt32BE(7) };
  if (kind !== MESSAGE) return undefined;
  const retain = body.readUInt8(7) === 1;
  const count = body.readUInt16BE(8);
  const targets = Array.from({ length: count }, (_, i) => body.readUInt32BE(10 + i * 4));
  let at = 10 + count * 4;
  const nameLength = body.readUInt32BE(at);
  const propsLength = body.readUInt32BE(at + 4);
  at += 8;
  const topic = body.toString('utf8', at, at + nameLength);
  at += nameLength;
  const properties =
    propsLength === 0 ? undefined : (JSON.parse(body.toString('utf8', at, at + propsLength), reviver) as Record<string, unknown>);
  at += propsLength;
  return { kind: 'message', seq, topic, payload: Buffer.from(body.subarray(at)), retain, properties, targets };
}

/** Bytes inside of properties (correlation data). */
const replacer = (_key: string, value: unknown): unknown => value;
const reviver = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Buffer'
    ? Buffer.from((value as unknown as { data: number[] }).data)
    : value;
