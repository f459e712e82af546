// Each framing: what it encodes it finds again, however the bytes are cut; noise costs neither an error, nor time, nor memory.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBytes } from '../../../src/connectors/serial/framing/bytes.ts';
import { checksums, crcOf, parseCrc } from '../../../src/connectors/serial/framing/checksum.ts';
import { type FramingDefinition, framings } from '../../../src/connectors/serial/framing/index.ts';
import { parseOptions } from '../../../src/contract/props.ts';

const definition = (name: string): FramingDefinition => framings.find((f) => f.name === name)!;
function make(name: string, options: Record<string, unknown> = {}) {
  const drops: string[] = [];
  const d = definition(name);
  const framer = d.create(parseOptions(name, d.options, options), (reason) => drops.push(reason));
  const frames: string[] = [];
  const push = (bytes: string | Uint8Array) =>
    framer.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, (f) => frames.push(f.toString('latin1')));
  return { framer, frames, drops, push, idle: () => framer.idle?.((f) => frames.push(f.toString('latin1'))) };
}

/** Ways in which each framing is used: options and the payloads it can carry. */
const text = fc.stringMatching(/^[ "#%-)+-~]{1,40}$/);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const cases: { name: string; options?: Record<string, unknown>; payload: fc.Arbitrary<string | Uint8Array> }[] = [
  { name: 'delimiter', payload: text },
  { name: 'delimiter', options: { delimiter: '\\r\\n' }, payload: text },
  { name: 'fixed', options: { frameBytes: 7 }, payload: fc.uint8Array({ minLength: 7, maxLength: 7 }) },
  { name: 'length-prefixed', options: { lengthBytes: 2 }, payload: bytes },
  { name: 'length-prefixed', options: { lengthBytes: 2, byteOrder: 'little', header: '\\xAA\\x55', lengthCounts: 2 }, payload: bytes },
  { name: 'regex', options: { framePattern: 'W[0-9]{1,9}kg' }, payload: fc.integer({ min: 0, max: 999_999 }).map((n) => `W${n}kg`) },
  { name: 'start-end', payload: text },
  ...Object.keys(checksums).map((checksum) => ({
    name: 'start-end',
    options: { checksum, frameBytes: 9 },
    payload: fc.uint8Array({ minLength: 9, maxLength: 9 }),
  })),
  ...(['big', 'little', 'hex'] as const).flatMap((checksumForm) =>
    (['before-end', 'after-end'] as const).map((checksumPlace) => ({
      name: 'start-end',
      options: {
        checksum: 'crc16-modbus',
        checksumForm: 'hex',
        checksumPlace,
        ...(checksumPlace === 'after-end' ? { checksumOver: 'start+payload+end', checksumForm } : {}),
      },
      payload: text,
    })),
  ),
  { name: 'slip', payload: bytes },
  { name: 'cobs', payload: fc.oneof(bytes, fc.uint8Array({ minLength: 250, maxLength: 520, min: 1 })) },
  { name: 'nmea', payload: text },
];

function cutAt(all: Buffer, cuts: number[]): Buffer[] {
  const at = [...new Set(cuts.map((c) => c % (all.length + 1)))].sort((a, b) => a - b);
  return [...at, all.length].map((to, i) => all.subarray(i === 0 ? 0 : at[i - 1]!, to));
}

describe('framings', () => {
  for (const { name, options, payload } of cases)
    it(`finds its frames however the bytes are cut: ${name} ${JSON.stringify(options ?? {})}`, () => {
      fc.assert(
        fc.property(fc.array(payload, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (payloads, cuts) => {
          const { framer, frames, drops, push, idle } = make(name, options);
          for (const piece of cutAt(Buffer.concat(payloads.map((p) => framer.encode(Buffer.from(p as string, 'latin1')))), cuts))
            push(piece);
          if (name === 'regex') idle();
          expect(frames).toEqual(payloads.map((p) => Buffer.from(p as string, 'latin1').toString('latin1')));
          expect(drops).toEqual([]);
        }),
        { numRuns: 60 },
      );
    });

  const everyOption: Record<string, Record<string, unknown>> = {
    fixed: { frameBytes: 16 },
    regex: { framePattern: '(a+)+[$]' },
    'length-prefixed': { header: '\\x01', lengthBytes: 2, maxFrameBytes: 500 },
    'start-end': { checksum: 'crc16-modbus', maxFrameBytes: 500 },
  };
  for (const { name } of framings)
    it(`bears any bytes without error, and holds little: ${name}`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.oneof(fc.uint8Array({ maxLength: 2000 }), fc.uint8Array({ maxLength: 2000, max: 3 })), { maxLength: 20 }),
          (chunks) => {
            const { framer, push, idle } = make(name, everyOption[name]);
            for (const chunk of chunks) {
              push(chunk);
              expect(framer.held).toBeLessThanOrEqual(4096 + 2000 + 64);
            }
            idle();
            framer.reset();
            expect(framer.held).toBe(0);
          },
        ),
        { numRuns: 40 },
      );
    });

  for (const { name } of framings)
    it(`holds little of 8 MB without a frame end: ${name}`, () => {
      const { framer, push } = make(name, everyOption[name]);
      const noise = Buffer.alloc(64 * 1024, 'a'); // no delimiter, no zero, no start
      for (let i = 0; i < (name === 'regex' ? 4 : 128); i++) {
        push(noise);
        expect(framer.held).toBeLessThanOrEqual(64 * 1024 + 4096);
      }
    });

  it('finds the next frame after a cut one', () => {
    for (const { name, options, payload } of cases) {
      if (name === 'fixed') continue; // by a pause only, see below
      const { framer, frames, push } = make(name, options);
      const [a, b] = fc.sample(payload, { numRuns: 2, seed: 7 }).map((p) => Buffer.from(p as string, 'latin1'));
      const cut = framer.encode(a!);
      push(cut.subarray(0, Math.max(1, cut.length - 2)));
      framer.reset(); // the port was opened anew
      push(framer.encode(b!));
      push(framer.encode(b!));
      framer.idle?.((f) => frames.push(f.toString('latin1')));
      expect(frames, name).toEqual([b, b].map((x) => x!.toString('latin1')));
    }
  });

  it('fixed length: a pause puts the reader back in step', () => {
    const { frames, drops, push, idle } = make('fixed', { frameBytes: 4 });
    push('xy');
    idle();
    push('abcdefgh');
    expect(frames).toEqual(['abcd', 'efgh']);
    expect(drops).toEqual(['half a frame before a pause']);
  });

  it('delimiter: a frame that is too long is thrown away whole, the next is read', () => {
    const { frames, drops, push } = make('delimiter', { maxFrameBytes: 5 });
    push('123456');
    push('7890\nab\r\n12345\n');
    expect(frames).toEqual(['ab', '12345']);
    expect(drops).toEqual(['frame too long']);
  });

  it('start and end: a wrong checksum costs one frame', () => {
    const { framer, frames, drops, push } = make('start-end', { checksum: 'crc16-modbus' });
    const good = framer.encode(Buffer.from('weight=12'));
    const bad = Buffer.from(good);
    bad[3]! ^= 1;
    push(Buffer.concat([good, bad, good]));
    expect(frames).toEqual(['weight=12', 'weight=12']);
    expect(drops).toEqual(['wrong checksum']);
  });

  it('NMEA: checks the sum, copes with noise before the mark', () => {
    const { frames, drops, push } = make('nmea');
    push('\xff\x00$GPGLL,4916.45,N,12311.12,W,225444,A*31\r\n$GPGLL,4916.45,N,12311.12,W,225444,A*30\r\n$GPGLL,1\r\n');
    expect(frames).toEqual(['GPGLL,4916.45,N,12311.12,W,225444,A']);
    expect(drops).toEqual(['wrong checksum', 'no checksum']);
  });

  it('gap: silence ends a frame', () => {
    const { frames, push, idle } = make('gap');
    push('ab');
    push('cd');
    idle();
    push('e');
    idle();
    expect(frames).toEqual(['abcd', 'e']);
  });

  it('checksums give the check values of the RevEng catalogue for "123456789"', () => {
    const data = Buffer.from('123456789');
    const of = (name: string) => checksums[name]!.of(data);
    expect(of('crc16-arc')).toBe(0xbb3d);
    expect(of('crc16-x25')).toBe(0x906e);
    expect(of('crc8-maxim')).toBe(0xa1);
    expect(of('sum16-negated')).toBe(0x10000 - 0x1dd);
    expect(of('crc16-modbus')).toBe(0x4b37);
    expect(of('crc16-ccitt')).toBe(0x29b1);
    expect(of('crc16-xmodem')).toBe(0x31c3);
    expect(of('crc16-kermit')).toBe(0x2189);
    expect(of('crc32')).toBe(0xcbf43926);
    expect(of('crc8')).toBe(0xf4);
    expect(of('crc8-sae-j1850')).toBe(0x4b);
    expect(of('crc16-dnp')).toBe(0xea82);
    expect(of('crc16-en13757')).toBe(0xc2b7);
    expect(of('crc24-openpgp')).toBe(0x21cf02);
    expect(of('crc32c')).toBe(0xe3069283);
    expect((of('sum8') + of('lrc')) & 0xff).toBe(0);
  });

  it('reads escapes, and names a wrong one', () => {
    expect(parseBytes('a\\r\\n\\x02\\\\°')).toEqual(Buffer.from('a\r\n\x02\\°'));
    expect(() => parseBytes('\\q')).toThrow('"\\q" is not an escape');
    expect(() => make('delimiter', { delimiter: '' })).toThrow('property delimiter is empty');
    expect(() => make('regex', { framePattern: 'a*' })).toThrow('matches nothing at all');
    expect(() => make('fixed')).toThrow('property frameBytes is required');
  });

  // check values of the RevEng catalogue for "123456789"
  it.each([
    ['CRC-16/DNP', { width: 16, poly: '0x3D65', refin: true, xorout: '0xFFFF' }, 0xea82],
    ['CRC-16/T10-DIF', { width: 16, poly: 0x8bb7 }, 0xd0db],
    ['CRC-16/MAXIM-DOW', { width: 16, poly: 0x8005, refin: true, xorout: 0xffff }, 0x44c2],
    ['CRC-12-like: refin without refout', { width: 16, poly: 0x8005, refin: true, refout: false }, 0xbcdd],
    ['CRC-24/OPENPGP', { width: 24, poly: 0x864cfb, init: 0xb704ce }, 0x21cf02],
    ['CRC-32/BZIP2', { width: 32, poly: 0x04c11db7, init: 0xffffffff, xorout: 0xffffffff }, 0xfc891918],
    ['CRC-8/ROHC', { width: 8, poly: 7, init: 0xff, refin: true }, 0xd0],
  ])('a CRC by its parameters: %s', (_name, parameters, value) => {
    expect(crcOf(parseCrc(parameters)).of(Buffer.from('123456789'))).toBe(value);
  });

  it.each([
    [{ width: 12, poly: 1 }, 'property crc: width "12": 8, 16, 24 or 32'],
    [{ width: 8, poly: 256 }, 'property crc: poly "256": a whole number of 8 bits, as in 0x8005'],
    [{ width: 16 }, 'property crc: poly "undefined": a whole number of 16 bits, as in 0x8005'],
    [{ width: 16, poly: 1, refIn: true }, 'property crc: unknown key refIn; known are width, poly, init, refin, refout, xorout'],
    [{ width: 16, poly: 1, refin: 'yes' }, 'property crc: refin "yes": true or false'],
  ])('what is not a CRC is refused: %j', (parameters, text) => {
    expect(() => parseCrc(parameters)).toThrow(text);
  });

  // @covers issue:19#6
  it('a telegram of a smart meter whose checksum is wrong is dropped, the right one is handed on', () => {
    const options = { start: '/', end: '!', checksum: 'crc16-arc', checksumForm: 'hex', checksumOver: 'start+payload+end' };
    const { frames, drops, push } = make('start-end', options);
    const body = 'ISk5\\2MT382-1000\r\n\r\n1-0:1.8.1(009418.807*kWh)\r\n';
    const sum = checksums['crc16-arc']!.of(Buffer.from(`/${body}!`))
      .toString(16)
      .toUpperCase()
      .padStart(4, '0');
    push(Buffer.from(`/${body}!${sum}\r\n/${body.replace('009418', '009918')}!${sum}\r\n`));
    expect(frames.map(String)).toEqual([body]);
    expect(drops).toContain('wrong checksum');
  });
});
