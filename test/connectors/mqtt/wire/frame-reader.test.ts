// Packets of a broker, cut anywhere: publications and confirmations are ours, all else is the package's, in the order in which they came.
import fc from 'fast-check';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { byParser, byReader } from '../../../../scripts/fuzz/mqtt-oracle.ts';
import { FrameReader, type FrameTarget } from '../../../../src/connectors/mqtt/wire/frame-reader.ts';
import type { Arriving } from '../../../../src/connectors/mqtt/wire/publish-frame.ts';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
const publication = fc.record({
  cmd: fc.constant('publish' as const),
  topic: name,
  payload: fc
    .oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 100, max: 700 }).map((n) => new Uint8Array(n)),
    )
    .map(Buffer.from),
  qos: fc.constantFrom(0, 1, 2),
  dup: fc.boolean(),
  retain: fc.boolean(),
  messageId: fc.integer({ min: 1, max: 65_535 }),
  properties: fc.record(
    {
      payloadFormatIndicator: fc.boolean(),
      messageExpiryInterval: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      contentType: name,
      responseTopic: name,
      correlationData: fc.uint8Array({ maxLength: 200 }).map(Buffer.from),
      subscriptionIdentifier: fc.array(fc.integer({ min: 1, max: 268_435_455 }), { minLength: 1, maxLength: 3 }),
      userProperties: fc.dictionary(name, fc.oneof(name, fc.array(name, { minLength: 2, maxLength: 3 })), { minKeys: 1, maxKeys: 3 }),
    },
    { requiredKeys: [] },
  ),
});
const rest = fc.constantFrom<Packet>(
  { cmd: 'pingresp' },
  { cmd: 'suback', messageId: 3, granted: [0, 1] } as never,
  { cmd: 'pubrel', messageId: 9 } as never,
  { cmd: 'puback', messageId: 12, reasonCode: 0 } as never,
  { cmd: 'puback', messageId: 13, reasonCode: 16 } as never,
);
const packets = fc.array(
  fc.oneof({ weight: 3, arbitrary: publication as fc.Arbitrary<never> }, { weight: 1, arbitrary: rest as fc.Arbitrary<never> }),
  {
    maxLength: 10,
  },
);
const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });
const bytesOf = (list: readonly Packet[], protocolVersion: number) =>
  Buffer.concat(list.map((p) => mqttPacket.generate(p as never, { protocolVersion })));
const publish = (topic: string, qos: 0 | 1 | 2 = 0, messageId = 5) =>
  mqttPacket.generate({ cmd: 'publish', topic, payload: 'x', qos, dup: false, retain: false, messageId });

describe('the frame reader', () => {
  // @covers issue:24#4
  for (const version of [4, 5])
    it(`gives every publication with its topic, payload, flags, id and properties, and every other packet whole, in their order, wherever the bytes are cut (MQTT ${version === 4 ? '3.1.1' : '5'})`, () => {
      fc.assert(
        fc.property(packets, cuts, (list, lengths) => {
          const bytes = bytesOf(list, version);
          const { seen, mine, heldBytes } = byReader(bytes, lengths, version);
          expect(seen).toEqual(byParser(bytes, version));
          expect(heldBytes).toBe(0);
          // none of the frequent ones takes the slow way
          expect(mine).toBe(list.filter((p: Packet) => p.cmd === 'publish' && p.qos < 2).length);
        }),
        { numRuns: 300 },
      );
    });

  it('gives the same for a byte at a time as for all bytes at once', () => {
    const list = fc.sample(publication, { numRuns: 20, seed: 7 });
    const bytes = bytesOf(list as never, 5);
    expect(byReader(bytes, [1], 5)).toEqual(byReader(bytes, [bytes.length], 5));
    expect(byReader(bytes, [1], 5).seen).toHaveLength(20);
  });

  it('knows its own confirmations with their reason, and leaves those of others to the package', () => {
    const ack = (messageId: number, reasonCode: number, properties?: object) =>
      mqttPacket.generate({ cmd: 'puback', messageId, reasonCode, ...(properties ? { properties } : {}) } as never, { protocolVersion: 5 });
    const bytes = Buffer.concat([ack(300, 0), ack(7, 0), ack(300, 135), ack(300, 151, { reasonString: 'no' }), ack(299, 0)]);
    for (const lengths of [[1], [bytes.length]])
      expect(byReader(bytes, lengths, 5, (id) => id === 300).seen).toEqual(['ack 300 0', 'puback', 'ack 300 135', 'ack 300 151', 'puback']);
    // what stands behind the id in MQTT 3.1.1 is nothing
    expect(byReader(Buffer.of(0x40, 2, 1, 44), [4], 4, () => true).seen).toEqual(['ack 300 0']);
  });

  it('leaves what is odd to the package: a topic alias, no topic, packet id 0, QoS 3, a property that is unknown, repeated or cut off', () => {
    const odd = [
      mqttPacket.generate(
        { cmd: 'publish', topic: 't', payload: 'x', qos: 0, dup: false, retain: false, properties: { topicAlias: 1 } },
        { protocolVersion: 5 },
      ),
      Buffer.of(0x30, 4, 0, 0, 0, 120),
      Buffer.of(0x32, 6, 0, 1, 116, 0, 0, 0),
      Buffer.of(0x36, 6, 0, 1, 116, 0, 1, 0),
      Buffer.of(0x30, 6, 0, 1, 116, 2, 99, 0),
      Buffer.of(0x30, 8, 0, 1, 116, 4, 1, 0, 1, 0),
      Buffer.of(0x30, 7, 0, 1, 116, 3, 3, 0, 9),
      Buffer.of(0x30, 4, 0, 9, 116, 0),
      Buffer.of(0x30, 5, 0, 1, 116, 9, 1),
      Buffer.of(0x30, 6, 0, 1, 116, 2, 11, 0),
    ];
    for (const frame of odd) expect(byReader(frame, [frame.length], 5).mine, frame.toString('hex')).toBe(0);
  });

  it('gives nothing more out while a publication is not dealt with, and goes on in the order, with what came meanwhile, when it is', async () => {
    const seen: string[] = [];
    const gates: (() => void)[] = [];
    const target: FrameTarget = {
      publish(message: Arriving) {
        seen.push(message.topic);
        if (message.topic.startsWith('wait')) return new Promise<void>((resolve) => void gates.push(resolve));
      },
      acknowledged: () => false,
      other(bytes, done) {
        seen.push(`other ${bytes[0]! >> 4}`);
        if (bytes[0]! >> 4 === 2) gates.push(done);
        else done();
      },
      ready: () => void seen.push('ready'),
    };
    const reader = new FrameReader(false, target);
    const tick = () => new Promise((resolve) => setImmediate(resolve));
    expect(reader.take(Buffer.concat([publish('a'), publish('wait1'), publish('b'), publish('wait2'), publish('c').subarray(0, 3)]))).toBe(
      false,
    );
    expect(reader.take(Buffer.concat([publish('c').subarray(3), Buffer.of(0xd0, 0), Buffer.of(0x20, 2, 0, 0), publish('d')]))).toBe(false);
    expect(seen).toEqual(['a', 'wait1']);
    gates.shift()!();
    await tick();
    expect(seen).toEqual(['a', 'wait1', 'b', 'wait2']);
    gates.shift()!();
    await tick();
    expect(seen).toEqual(['a', 'wait1', 'b', 'wait2', 'c', 'other 13', 'other 2']);
    gates.shift()!();
    expect(seen.slice(7)).toEqual(['d', 'ready']);
    expect(reader.take(publish('e'))).toBe(true);
    expect(seen.at(-1)).toBe('e');
  });

  it('hands everything to the package from a length on that is none', () => {
    const bytes = Buffer.concat([publish('a'), Buffer.of(0x30, 255, 255, 255, 255, 1), publish('b')]);
    const got: Buffer[] = [];
    const topics: string[] = [];
    const reader = new FrameReader(false, {
      publish: (m) => void topics.push(m.topic),
      acknowledged: () => false,
      other(part, done) {
        got.push(Buffer.from(part));
        done();
      },
      ready: () => undefined,
    });
    for (const byte of bytes) reader.take(Buffer.of(byte));
    expect(topics).toEqual(['a']);
    expect(Buffer.concat(got)).toEqual(bytes.subarray(publish('a').length));
  });

  it('keeps apart topics that fall on the same place of its table', () => {
    const topics = Array.from({ length: 5000 }, (_, i) => `plant/${i}/temperature`);
    for (let round = 0; round < 2; round++)
      expect(
        byReader(
          bytesOf(
            topics.map((topic) => ({ cmd: 'publish', topic, payload: '', qos: 0, dup: false, retain: false }) as Packet),
            4,
          ),
          [1000],
          4,
        ).seen.map((s) => JSON.parse(s)[1]),
      ).toEqual(topics);
  });
});
