// Framing below the parser: any stream of packets, cut anywhere, comes out as it was but for large bodies.
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { Framer, STAND_IN_BYTES } from '../../../src/connectors/mqtt/framer.ts';

const token = Buffer.alloc(16, 7);
type Packet = { topic: string; payload: Buffer; qos: 0 | 1 | 2; dup: boolean; retain: boolean; id: number; user: string };

function encode(p: Packet, protocolVersion: 4 | 5): Buffer {
  return mqttPacket.generate(
    {
      cmd: 'publish',
      topic: p.topic,
      payload: p.payload,
      qos: p.qos,
      dup: p.qos > 0 && p.dup,
      retain: p.retain,
      ...(p.qos > 0 ? { messageId: p.id } : {}),
      ...(protocolVersion === 5 && p.user ? { properties: { userProperties: { k: p.user }, subscriptionIdentifier: 5 } } : {}),
    } as mqttPacket.IPublishPacket,
    { protocolVersion },
  );
}

/** Cuts the bytes, frames them, and parses what comes out. @param cuts lengths of chunks, used in turn */
function through(bytes: Buffer, cuts: readonly number[], limit: number, protocolVersion: 4 | 5) {
  const framer = new Framer(limit, protocolVersion === 5, token);
  const parser = mqttPacket.parser({ protocolVersion });
  const packets: mqttPacket.Packet[] = [];
  parser.on('packet', (p) => packets.push(p));
  let passed = 0;
  let most = 0;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + cuts[i % cuts.length]!);
    for (const part of framer.take(bytes.subarray(at, end)) ?? [bytes.subarray(at, end)]) {
      passed += part.length;
      parser.parse(part);
    }
    at = end;
    most = Math.max(most, framer.heldBytes);
  }
  return { packets, passed, most, framer };
}

const packet: fc.Arbitrary<Packet> = fc.record({
  topic: fc.string({ minLength: 1, maxLength: 40 }).filter((t) => !['\0', '#', '+'].some((c) => t.includes(c))),
  payload: fc.integer({ min: 0, max: 400 }).map((n) => Buffer.alloc(n, n & 255)),
  qos: fc.constantFrom(0, 1, 2),
  dup: fc.boolean(),
  retain: fc.boolean(),
  id: fc.integer({ min: 1, max: 65_535 }),
  user: fc.constantFrom('', 'x', 'x'.repeat(150)),
});

describe('the framing of MQTT below the parser', () => {
  // @covers issue:13#2
  for (const version of [4, 5] as const)
    it(`leaves everything up to the limit as it is, and gives a stand-in with topic, packet id, flags and size for what is larger, wherever the bytes are cut (MQTT ${version === 4 ? '3.1.1' : '5'})`, () => {
      fc.assert(
        fc.property(
          fc.array(packet, { maxLength: 12 }),
          fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
          fc.constantFrom(0, 1, 100, 127, 128, 399, 400),
          (list, cuts, limit) => {
            const bytes = Buffer.concat([...list.map((p) => encode(p, version)), Buffer.of(0xd0, 0)]);
            const { packets, framer, most } = through(bytes, cuts, limit, version);
            expect(packets.map((p) => p.cmd)).toEqual([...list.map(() => 'publish'), 'pingresp']);
            for (const [i, p] of list.entries()) {
              const got = packets[i] as mqttPacket.IPublishPacket;
              expect([got.topic, got.qos, got.retain, got.dup, got.messageId]).toEqual([
                p.topic,
                p.qos,
                p.retain,
                p.qos > 0 && p.dup,
                p.qos > 0 ? p.id : undefined,
              ]);
              if (version === 5 && p.user) expect(got.properties?.userProperties).toEqual({ k: p.user });
              const size = framer.skipped(got.payload as Buffer);
              if (p.payload.length > limit) expect(size).toBe(p.payload.length);
              else {
                expect(size).toBeUndefined();
                expect((got.payload as Buffer).equals(p.payload)).toBe(true);
              }
            }
            expect(most).toBeLessThan(1000);
            expect(framer.heldBytes).toBe(0);
          },
        ),
        { numRuns: 300 },
      );
    });

  // @covers issue:13#2
  it('holds a few bytes and passes a few on while 64 MB go by', () => {
    const big = encode({ topic: 'big', payload: Buffer.alloc(64_000_000), qos: 1, dup: false, retain: false, id: 9, user: '' }, 5);
    const { passed, most, packets } = through(big, [65_536], 1024 * 1024, 5);
    expect(most).toBeLessThan(100);
    expect(passed).toBeLessThan(100);
    expect(packets.length).toBe(1);
  });

  it('gives the stand-in only when the last byte of the body has come', () => {
    const bytes = encode({ topic: 't', payload: Buffer.alloc(500), qos: 1, dup: false, retain: false, id: 9, user: '' }, 4);
    const framer = new Framer(100, false, token);
    expect(framer.take(bytes.subarray(0, -1))).toEqual([]);
    const out = framer.take(bytes.subarray(-1))!;
    expect(out.length).toBe(1);
    expect(out[0]!.length).toBe(2 + 3 + 2 + STAND_IN_BYTES);
  });

  it('takes a payload of the size of a stand-in for what it is', () => {
    const framer = new Framer(100, false, token);
    expect(framer.skipped(Buffer.alloc(STAND_IN_BYTES, 6))).toBeUndefined();
    expect(framer.skipped(Buffer.alloc(STAND_IN_BYTES - 1, 7))).toBeUndefined();
    expect(framer.skipped(Buffer.concat([token, Buffer.from([0, 0, 0, 0, 1, 2])]))).toBeUndefined();
    expect(framer.skipped(Buffer.concat([token, Buffer.from([0, 0, 0, 0, 1, 2, 0, 0])]))).toBe(258);
  });

  it('leaves properties above 64 kB out of the stand-in', () => {
    const user = 'u'.repeat(60_000);
    const p = mqttPacket.generate(
      {
        cmd: 'publish',
        topic: 't',
        payload: Buffer.alloc(10),
        qos: 1,
        dup: false,
        retain: false,
        messageId: 3,
        properties: { userProperties: { a: user, b: user } },
      },
      { protocolVersion: 5 },
    );
    const { packets, most, framer } = through(p, [1000], 1024, 5);
    expect(packets).toMatchObject([{ cmd: 'publish', topic: 't', qos: 1, messageId: 3 }]);
    expect(framer.skipped((packets[0] as mqttPacket.IPublishPacket).payload as Buffer)).toBe(p.length - 1 - 3 - 3 - 2);
    expect(most).toBeLessThan(2000);
  });

  it('refuses a packet without a payload that is larger than any of its kind', () => {
    const framer = new Framer(1000, true, token);
    expect(() => framer.take(Buffer.of(0x90, 0xff, 0xff, 0xff, 0x7f, 0))).toThrow('packet of type 9 with 268435455 bytes');
  });
});
