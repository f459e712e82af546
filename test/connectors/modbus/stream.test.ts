// RTU and ASCII framing over bytes that come in any pieces, with noise, frames of others and frames within data. Nothing but the awaited reply is taken.
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { checkReply, type ModbusRequest } from '../../../src/connectors/modbus/frame.ts';
import { streamTransport } from '../../../src/connectors/modbus/transport/stream.ts';

const require = createRequire(import.meta.url);
const crc16 = require('modbus-serial/utils/crc16.js') as (b: Buffer) => number;

const rtu = (hex: string): Buffer => {
  const body = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
};
const ascii = (hex: string, lrc?: number): Buffer => {
  const body = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const sum = lrc ?? -body.reduce((n, b) => n + b, 0) & 255;
  return Buffer.from(
    `:${Buffer.concat([body, Buffer.from([sum])])
      .toString('hex')
      .toUpperCase()}\r\n`,
    'latin1',
  );
};

function openLine(mode: 'rtu' | 'ascii') {
  const clock = createVirtualClock();
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const transport = streamTransport(
    stream,
    mode,
    {
      gapMs: 2,
      characterMs: 0.5,
      now: () => clock.monotonic(),
      after: (ms, work) => {
        const timer = clock.setTimer(ms, work);
        return () => clock.clear(timer);
      },
    },
    new Promise(() => undefined),
    async () => undefined,
  );
  const taken: string[] = [];
  const strays: number[] = [];
  transport.onStray = (unit) => void strays.push(unit);
  return {
    transport,
    taken,
    strays,
    ask: (request: ModbusRequest) => transport.send(request, (frame) => void taken.push(frame.toString('hex'))),
    async feed(...pieces: Uint8Array[]) {
      for (const p of pieces) {
        stream.emit('data', Buffer.from(p));
        await clock.advance(1);
      }
    },
    advance: (ms: number) => clock.advance(ms),
  };
}
const request: ModbusRequest = { unit: 1, fn: 3, address: 0, count: 4 };
const DATA = '0102030405060708';

describe('modbus stream framing', () => {
  it.each<[string, Buffer[]]>([
    ['at once', [rtu(`01 03 08 ${DATA}`)]],
    ['byte by byte', [...rtu(`01 03 08 ${DATA}`)].map((b) => Buffer.from([b]))],
    ['after the reply of another unit', [Buffer.concat([rtu(`02 03 08 ${'ff'.repeat(8)}`), rtu(`01 03 08 ${DATA}`)])]],
    ['after an exception of another unit', [Buffer.concat([rtu('02 83 06'), rtu(`01 03 08 ${DATA}`)])]],
    ['after a reply of another length', [Buffer.concat([rtu('01 03 02 ffff'), rtu(`01 03 08 ${DATA}`)])]],
    ['after a glitch of the line driver', [Buffer.concat([Buffer.from([0x00, 0xff]), rtu(`01 03 08 ${DATA}`)])]],
    ['after its own request (adapters that echo)', [Buffer.concat([rtu('01 03 0000 0004'), rtu(`01 03 08 ${DATA}`)])]],
  ])('RTU: takes the reply %s', async (_name, pieces) => {
    const line = openLine('rtu');
    await line.ask(request);
    await line.feed(...pieces);
    await line.advance(100);
    expect(line.taken).toEqual([`010308${DATA}`]);
  });

  it.each<[string, Buffer[]]>([
    ['within the reply of another unit', [rtu(`02 03 0e 0000 ${rtu('01 03 08 1111222233334444').subarray(0, 12).toString('hex')}`)]],
    ['as a whole within the reply of another unit', [rtu(`02 03 0f ff ${rtu('01 03 08 1111222233334444').toString('hex')} ff`)]],
    ['as an exception within the reply of another unit', [rtu(`02 03 08 00 ${rtu('01 83 02').toString('hex')} 0000`)]],
    [
      'as an exception within a damaged reply',
      [Buffer.concat([rtu(`01 03 08 00 ${rtu('01 83 02').toString('hex')} 0000`).fill(9, 10, 11)])],
    ],
  ])('RTU: what looks like the reply is not taken %s', async (_name, pieces) => {
    const line = openLine('rtu');
    await line.ask(request);
    await line.feed(...pieces);
    await line.advance(100);
    expect(line.taken).toEqual([]);
  });

  it('RTU: an exception within a reply that comes in two pieces is data', async () => {
    const reply = rtu(`01 03 08 00 ${rtu('01 83 02').toString('hex')} 0000`);
    const line = openLine('rtu');
    await line.ask(request);
    await line.feed(reply.subarray(0, 9), reply.subarray(9));
    expect(line.taken).toEqual([reply.subarray(0, -2).toString('hex')]);
  });

  it('RTU: noise that looks like the beginning of a long frame holds the reply back for a moment only', async () => {
    const line = openLine('rtu');
    await line.ask(request);
    await line.feed(Buffer.concat([Buffer.from([5, 3, 200]), rtu('01 83 02')]));
    expect(line.taken).toEqual([]);
    await line.advance(30);
    expect(line.taken).toEqual(['018302']);
  });

  it('RTU: tells whose frames were not awaited', async () => {
    const line = openLine('rtu');
    await line.ask(request);
    await line.feed(rtu(`07 03 08 ${DATA}`), rtu('09 84 02'));
    expect(line.strays).toEqual([7, 9]);
  });

  it.each<[string, Buffer]>([
    ['a wrong LRC', ascii(`01 03 08 ${DATA}`, 1)],
    ['another unit', ascii(`02 03 08 ${DATA}`)],
    ['another length', ascii('01 03 02 0102')],
    ['an odd number of digits', Buffer.from(':0103080102030405060708D\r\n')],
    ['a letter that is not a digit', Buffer.from(ascii(`01 03 08 ${DATA}`).toString().replace('0405', '04G5'))],
    ['a beginning within a frame', Buffer.from(':010308\r\n')],
  ])('ASCII: does not take %s, and takes the reply after it', async (_name, wrong) => {
    const line = openLine('ascii');
    await line.ask(request);
    await line.feed(wrong);
    expect(line.taken).toEqual([]);
    await line.feed(Buffer.concat([Buffer.from(':0103'), ascii(`01 03 08 ${DATA}`)]));
    expect(line.taken).toEqual([`010308${DATA}`]);
  });

  // bytes as they often are: replies, damaged replies, and noise, cut anywhere
  const soup = (mode: 'rtu' | 'ascii') => {
    const frame = fc
      .tuple(fc.constantFrom(1, 1, 2, 9), fc.constantFrom(3, 3, 0x83, 4, 16), fc.uint8Array({ minLength: 0, maxLength: 12 }))
      .map(([unit, fn, data]) => {
        const body = Buffer.from([unit, fn, ...(fn === 3 ? [data.length] : []), ...data]).toString('hex');
        return mode === 'rtu' ? rtu(body) : ascii(body);
      });
    const damaged = fc
      .tuple(frame, fc.nat(), fc.integer({ min: 1, max: 255 }))
      .map(([f, at, flip]) => Buffer.from(f.map((b, i) => (i === at % f.length ? b ^ flip : b))));
    const noise = fc.uint8Array({ maxLength: 20 });
    return fc.array(fc.oneof(frame, damaged, noise), { maxLength: 12 });
  };
  it.each(['rtu', 'ascii'] as const)(
    '%s: whatever comes, only a frame that answers the request is taken, and nothing throws',
    async (mode) => {
      await fc.assert(
        fc.asyncProperty(soup(mode), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }), async (parts, cuts) => {
          const all = Buffer.concat(parts);
          const line = openLine(mode);
          const asked: ModbusRequest = { unit: 1, fn: 3, address: 0, count: 2 };
          await line.ask(asked);
          for (let at = 0, i = 0; at < all.length; i++) {
            const size = cuts[i % cuts.length]!;
            await line.feed(all.subarray(at, at + size));
            at += size;
          }
          await line.advance(100);
          expect(line.taken.length).toBeLessThanOrEqual(1);
          for (const t of line.taken) {
            expect(checkReply(asked, Buffer.from(t, 'hex')).kind).not.toBe('foreign');
            // it is there, with its checksum
            expect(all.toString('latin1').toUpperCase()).toContain((mode === 'rtu' ? rtu(t) : ascii(t)).toString('latin1').toUpperCase());
          }
        }),
        { numRuns: 2000 },
      );
    },
  );
});
