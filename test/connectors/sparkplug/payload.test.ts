// Payloads of Sparkplug B against the package of Eclipse Tahu: what it encodes is read right, what we encode it reads right.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload } from '../../../src/connectors/sparkplug/payload.ts';
import { metricValue, TYPES } from '../../../src/connectors/sparkplug/values.ts';
import { tahu } from './tahu.ts';

const decoded = (metrics: unknown[]) => {
  const bytes = tahu.encodePayload({ timestamp: 1700000000000, seq: 5, metrics } as never);
  return decodePayload(bytes);
};

/** It gives the bits of an Int64 as an unsigned number. */
const textOf = (value: unknown, type: unknown) => (type === 'Int64' ? String(BigInt.asIntN(64, BigInt(String(value)))) : String(value));

describe('a payload of Eclipse Tahu', () => {
  it('is read with every type, negative numbers and nulls', () => {
    const p = decoded([
      { name: 'i8', type: 'Int8', value: -5 },
      { name: 'i16', type: 'Int16', value: -3000 },
      { name: 'i32', type: 'Int32', value: -5 },
      { name: 'i64', type: 'Int64', value: -9007199254740991 },
      { name: 'u8', type: 'UInt8', value: 250 },
      { name: 'u16', type: 'UInt16', value: 65535 },
      { name: 'u32', type: 'UInt32', value: 4294967291 },
      { name: 'u64', type: 'UInt64', value: 9007199254740991 },
      { name: 'f', type: 'Float', value: 1.5 },
      { name: 'd', type: 'Double', value: -273.15 },
      { name: 'b', type: 'Boolean', value: true },
      { name: 's', type: 'String', value: 'Öl' },
      { name: 't', type: 'DateTime', value: 1700000000123 },
      { name: 'y', type: 'Bytes', value: new Uint8Array([1, 2, 255]) },
      { name: 'n', type: 'Int32', value: null },
      {
        name: 'set',
        type: 'DataSet',
        value: {
          numOfColumns: 2,
          types: ['Int32', 'String'],
          columns: ['a', 'b'],
          rows: [
            [-1, 'x'],
            [2, 'y'],
          ],
        },
      },
      { name: 'q', type: 'Int32', value: 1, properties: { Quality: { type: 'Int32', value: 500 } } },
    ]);
    expect([p.timestampMs, p.seq]).toEqual([1700000000000, 5]);
    expect(Object.fromEntries(p.metrics.map((m) => [m.name, m.value]))).toEqual({
      i8: -5n,
      i16: -3000n,
      i32: -5n,
      i64: -9007199254740991n,
      u8: 250n,
      u16: 65535n,
      u32: 4294967291n,
      u64: 9007199254740991n,
      f: 1.5,
      d: -273.15,
      b: true,
      s: 'Öl',
      t: 1700000000123n,
      y: new Uint8Array([1, 2, 255]),
      n: null,
      set: [
        { a: -1n, b: 'x' },
        { a: 2n, b: 'y' },
      ],
      q: 1n,
    });
    expect(p.metrics.map((m) => m.quality).filter((q) => q !== undefined)).toEqual([500]);
  });

  it('of ours is read by it', () => {
    const bytes = encodePayload({
      timestampMs: 1700000000000,
      seq: 255,
      metrics: [
        { name: 'a', alias: 7n, datatype: TYPES.Int64, timestampMs: 1700000000001, value: -42n },
        { name: 'b', datatype: TYPES.Double, value: 0.1 },
        { name: 'c', datatype: TYPES.Boolean, value: false },
        { name: 'd', datatype: TYPES.String, value: 'x', historical: true },
        { name: 'e', datatype: TYPES.Int64, value: null },
      ],
    });
    const p = tahu.decodePayload(bytes) as unknown as { seq: unknown; metrics: Record<string, unknown>[] };
    expect(Number(p.seq)).toBe(255);
    expect(p.metrics.map((m) => [m['name'], m['type'], m['value'] === null ? null : textOf(m['value'], m['type'])])).toEqual([
      ['a', 'Int64', '-42'],
      ['b', 'Double', '0.1'],
      ['c', 'Boolean', 'false'],
      ['d', 'String', 'x'],
      ['e', 'Int64', null],
    ]);
    expect(String(p.metrics[0]!['alias'])).toBe('7');
    expect(p.metrics[3]!['isHistorical']).toBe(true);
  });

  it('goes through both in any values', () => {
    const metric = fc.oneof(
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((value) => ({ datatype: TYPES.Int64, value })),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ datatype: TYPES.Double, value })),
      fc.boolean().map((value) => ({ datatype: TYPES.Boolean, value })),
      fc.string().map((value) => ({ datatype: TYPES.String, value })),
    );
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 8 }), (list) => {
        const metrics = list.map((m, i) => ({ ...m, name: `m${i}` }));
        const back = decodePayload(encodePayload({ timestampMs: 1, seq: 0, metrics }));
        expect(back.metrics.map((m) => m.value)).toEqual(metrics.map((m) => m.value));
        const outside = tahu.decodePayload(encodePayload({ timestampMs: 1, seq: 0, metrics })) as { metrics: { value: unknown }[] };
        expect(outside.metrics.map((m, i) => textOf(m.value, metrics[i]!.datatype === TYPES.Int64 ? 'Int64' : ''))).toEqual(
          metrics.map((m) => String(m.value)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('that is damaged never gives anything but an error of the row or values', () => {
    const good = Buffer.from(tahu.encodePayload({ timestamp: 1, seq: 0, metrics: [{ name: 'a', type: 'Int32', value: 1 }] } as never));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(good.length), (noise, at) => {
        for (const bytes of [noise, Buffer.concat([good.subarray(0, at), noise]), good.subarray(0, at)]) {
          try {
            for (const m of decodePayload(bytes).metrics) expect(m.value).not.toBe(undefined);
          } catch (error) {
            expect((error as { code?: string }).code).toBe('DECODE_FAILED');
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('arrays of Sparkplug 3', () => {
  const array = (type: number, hex: string) => metricValue({ bytesValue: Buffer.from(hex, 'hex') }, type);
  // the examples of the specification, section 6.4.17
  it.each([
    [22, 'e97b', [-23n, 123n]],
    [23, 'd08a7df9', [-30000n, -1667n]],
    [26, '17fa', [23n, 250n]],
    [28, '34000000c0e1e46f', [52n, 1877270976n]],
    [30, '0000803f00000040', [1, 2]],
    [32, '0c0000009d60', [true, false, false, true, true, true, false, true, false, true, true, false]],
    [33, '41424300686900', ['ABC', 'hi']],
    [33, '', []],
  ])('type %i of %s', (type, hex, values) => {
    expect(array(type, hex)).toEqual(values);
  });

  it('of a broken length are an error', () => {
    expect(() => array(24, '010203')).toThrow('no whole number of elements of 4');
    expect(() => array(32, 'ffffffff00')).toThrow('does not fit 5 bytes');
  });

  it('an unsigned number that SQL does not hold is null', () => {
    expect(array(29, 'ffffffffffffffff')).toEqual([null]);
    expect(array(29, 'ffffffffffffff7f')).toEqual([0x7fffffffffffffffn]);
  });
});
