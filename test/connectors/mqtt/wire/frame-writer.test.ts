// Publications and confirmations on their way out: what the package's parser reads is what was published, and a turn leaves with one write.
import { Writable } from 'node:stream';
import fc from 'fast-check';
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { FrameWriter } from '../../../../src/connectors/mqtt/wire/frame-writer.ts';

/** @param slow it has not taken what was written before `release` */
function socket(slow = false) {
  const writes: Buffer[] = [];
  const places: Buffer[] = [];
  const held: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1000,
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      // a copy, as the system makes one: what it has taken may be overwritten
      places.push(chunk);
      writes.push(Buffer.from(chunk));
      if (slow) {
        const place = writes.length - 1;
        held.push(() => {
          writes[place] = Buffer.from(chunk);
          done();
        });
      } else done();
    },
    writev(chunks, done) {
      const all = () => Buffer.concat(chunks.map((c) => c.chunk as Buffer));
      const place = writes.push(all()) - 1;
      if (slow)
        held.push(() => {
          writes[place] = all();
          done();
        });
      else done();
    },
  });
  const release = () => {
    for (const done of held.splice(0)) done();
  };
  return { stream, writes, places, release };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));
function read(bytes: Buffer, protocolVersion: number): Packet[] {
  const parser = mqttPacket.parser({ protocolVersion });
  const got: Packet[] = [];
  parser.on('packet', (p: Packet) => got.push(p));
  parser.on('error', (error) => {
    throw error;
  });
  parser.parse(bytes);
  return got;
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const publication = fc.record({
  topic: name,
  payload: fc.oneof(
    name,
    fc.uint8Array({ maxLength: 100 }),
    fc.integer({ min: 7000, max: 40_000 }).map((n) => 'ü'.repeat(n)),
    fc.integer({ min: 8000, max: 8400 }).map((n) => new Uint8Array(n).fill(n)),
  ),
  qos: fc.constantFrom<0 | 1>(0, 1),
  retain: fc.boolean(),
  id: fc.integer({ min: 1, max: 65_535 }),
  properties: fc.option(
    fc.record(
      {
        userProperties: fc.dictionary(name, name, { maxKeys: 4 }),
        contentType: name,
        messageExpiryInterval: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
});

describe('the frame writer', () => {
  // @covers issue:24#4
  for (const version of [4, 5])
    it(`writes what the package reads as the same publications (MQTT ${version === 4 ? '3.1.1' : '5'})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(publication, { minLength: 1, maxLength: 12 }), async (list) => {
          const { stream, writes } = socket();
          const writer = new FrameWriter(version === 5, () => stream);
          for (const p of list) writer.publish(p.topic, p.payload, p.qos, p.retain, p.id, p.properties as never);
          writer.flush();
          await turn();
          const got = read(Buffer.concat(writes), version) as IPublishPacket[];
          expect(got.map((p) => [p.topic, Buffer.from(p.payload).toString('hex'), p.qos, p.retain, p.dup, p.messageId])).toEqual(
            list.map((p) => [p.topic, Buffer.from(p.payload as string).toString('hex'), p.qos, p.retain, false, p.qos ? p.id : undefined]),
          );
          if (version === 5)
            for (const [i, p] of list.entries()) {
              const { userProperties = {}, ...others } = p.properties ?? {};
              expect({ ...got[i]!.properties, userProperties: { ...got[i]!.properties?.userProperties } }).toEqual({
                ...others,
                userProperties: { ...userProperties },
              });
            }
        }),
        { numRuns: 150, endOnFailure: true },
      );
    });

  it('leaves with one write for all publications and confirmations of a turn', async () => {
    const { stream, writes } = socket();
    const writer = new FrameWriter(false, () => stream);
    for (let i = 1; i <= 50; i++) {
      writer.publish('t', `${i}`, 1, false, i);
      writer.confirm(i, i % 2 === 0 ? 1 : 2);
    }
    expect(writes).toHaveLength(0);
    await turn();
    expect(writes).toHaveLength(1);
    expect(read(writes[0]!, 4).map((p) => `${p.cmd} ${p.messageId}`)).toEqual(
      Array.from({ length: 50 }, (_, i) => [`publish ${i + 1}`, `${(i + 1) % 2 === 0 ? 'puback' : 'pubrec'} ${i + 1}`]).flat(),
    );
    await turn();
    expect(writes).toHaveLength(1);
  });

  it('never overwrites what the socket has not taken yet, and fills the same memory again when it has', async () => {
    const { stream, writes, release } = socket(true);
    const writer = new FrameWriter(false, () => stream);
    for (let i = 0; i < 40; i++) {
      writer.publish('t', `${i}`.padStart(1500, '.'), 0, false, 0);
      writer.flush();
    }
    for (let k = 0; k < 60; k++) {
      release();
      await turn();
    }
    const payloads = (read(Buffer.concat(writes), 4) as IPublishPacket[]).map((p) => Number(p.payload.toString().replaceAll('.', '')));
    expect(payloads).toEqual(Array.from({ length: 40 }, (_, i) => i));
    const fast = socket();
    const again = new FrameWriter(false, () => fast.stream);
    for (let i = 0; i < 3; i++) {
      again.publish('t', 'x', 0, false, 0);
      again.flush();
    }
    expect(new Set(fast.places.map((w) => w.byteOffset)).size).toBe(1);
    expect(new Set(fast.places.map((w) => w.buffer)).size).toBe(1);
  });

  it('copies no payload of more than 8 kB, and puts it in its place', async () => {
    const { stream, writes } = socket();
    const writer = new FrameWriter(false, () => stream);
    const large = Buffer.alloc(8 * 1024 + 1, 7);
    writer.publish('t', 'before', 0, false, 0);
    writer.publish('t', large, 0, false, 0);
    writer.publish('t', 'behind', 0, false, 0);
    await turn();
    const got = read(Buffer.concat(writes), 4) as IPublishPacket[];
    expect(got.map((p) => p.payload.length)).toEqual([6, large.length, 6]);
  });

  it('refuses a topic and a property that are longer than MQTT allows, and leaves no half packet behind', async () => {
    const { stream, writes } = socket();
    const writer = new FrameWriter(true, () => stream);
    expect(() => writer.publish('x'.repeat(65_536), '', 0, false, 0)).toThrow('a topic of 65536 bytes is longer than MQTT allows (65535)');
    expect(() => writer.publish('t', '', 0, false, 0, { contentType: 'x'.repeat(65_536) })).toThrow('a property of 65536 bytes');
    writer.publish('x'.repeat(65_535), 'good', 0, false, 0);
    await turn();
    expect(read(Buffer.concat(writes), 5)).toHaveLength(1);
  });

  it('drops what is left when the connection is gone', async () => {
    const { stream, writes } = socket();
    const writer = new FrameWriter(false, () => stream);
    writer.publish('t', 'x', 0, false, 0);
    stream.destroy();
    await turn();
    expect(writes).toEqual([]);
  });
});
