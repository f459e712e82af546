// payloadFormat: the second decoding step of sources, alone and in a rule.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import delimited from '../../src/codecs/delimited/index.ts';
import json from '../../src/codecs/json/index.ts';
import type { CodecDefinition } from '../../src/contract/codec.ts';
import type { Props } from '../../src/contract/props.ts';
import { parsePayloadProps, withPayload } from '../../src/runtime/source/payload-decoder.ts';
import { filterProgram, type Harness, harness } from './harness.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');

function decode(props: Props, message: unknown, codec: CodecDefinition = json) {
  const decoder = withPayload(
    json.createDecoder({}),
    parsePayloadProps({ payloadField: 'data', payloadFormat: 'json', ...props })!,
    codec,
    {},
  );
  return decoder.decode(Buffer.from(JSON.stringify(message)));
}

describe('payload decoder', () => {
  it('joins what the field decodes to with the other fields', () => {
    expect(decode({}, { ts: 1, data: b64('{"a":2,"ts":3}') })).toEqual({ ts: 3, a: 2 });
  });

  it('gives a row per element of a list', () => {
    expect(decode({}, { ts: 1, data: b64('[{"a":1},{"a":2}]') })).toEqual([
      { ts: 1, a: 1 },
      { ts: 1, a: 2 },
    ]);
    expect(decode({}, [{ data: b64('[{"a":1}]') }, { data: b64('{"a":2}') }])).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('merges a batch into one row, the latest last', () => {
    const frames = [
      { data: b64('{"a":1,"b":1}'), n: 1 },
      { data: b64('[{"b":2},{"c":3}]'), n: 2 },
    ];
    expect(decode({ payloadBatchField: 'frames' }, { ts: 1, frames })).toEqual({ ts: 1, a: 1, b: 2, c: 3, n: 2 });
  });

  // @covers issue:13#2
  it('merges a batch of many names without copying the row for each', () => {
    const frames = Array.from({ length: 12_000 }, (_, i) => ({ data: b64(`{"k${i}":${i},"__proto__":{"a":${i}}}`) }));
    const row = decode({ payloadBatchField: 'frames' }, { frames }) as Record<string, unknown>;
    expect(Object.keys(row)).toHaveLength(12_001);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(row['k11999']).toBe(11_999);
  });

  // @covers issue:13#2
  it('says that a payload may grow when one of its steps does', () => {
    const grows = (first: boolean, inner: boolean) => {
      const of = (yes: boolean) => ({ ...json.createDecoder({}), grows: yes });
      const codec: CodecDefinition = { ...json, createDecoder: () => of(inner) };
      return withPayload(of(first), parsePayloadProps({ payloadField: 'data', payloadFormat: 'json' })!, codec, {}).grows;
    };
    expect([grows(false, false), grows(true, false), grows(false, true)]).toEqual([false, true, true]);
  });

  it('reads other formats with their own separator', () => {
    expect(decode({ payloadFormat: 'delimited', payloadDelimiter: ';' }, { data: b64('x;y') }, delimited)).toEqual({
      col0: 'x',
      col1: 'y',
    });
  });

  // @covers finding:parity#6
  it('takes a text that is not base64 as it is', () => {
    expect(decode({ payloadFormat: 'delimited', payloadDelimiter: ':' }, { a: 1, data: '1:2:3' }, delimited)).toEqual({
      a: 1,
      col0: '1',
      col1: '2',
      col2: '3',
    });
    expect(decode({}, { ts: 1, data: '{"a":2}' })).toEqual({ ts: 1, a: 2 });
    expect(decode({ payloadBatchField: 'f' }, { f: [{ data: '{"a":1}' }, { data: '{"b":2} ' }] })).toEqual({ a: 1, b: 2 });
    // a length that base64 cannot have, and a padding in the middle
    expect(decode({ payloadFormat: 'delimited' }, { data: 'abcde' }, delimited)).toEqual({ col0: 'abcde' });
    expect(decode({ payloadFormat: 'delimited' }, { data: 'ab=c' }, delimited)).toEqual({ col0: 'ab=c' });
  });

  it.each([
    [{}, { ts: 1 }, 'payload field data not found'],
    [{}, { data: 5 }, 'payload field data is not bytes'],
    [{}, { data: 'plain text' }, 'invalid JSON payload'],
    [{}, { data: b64('{') }, 'invalid JSON payload'],
    [{ payloadBatchField: 'f' }, { f: 1 }, 'payload batch field f is not array'],
    [{ payloadBatchField: 'f' }, { f: [1] }, 'must be a slice of maps'],
  ] as [Props, unknown, string][])('with %j refuses the message %j', (props, message, part) => {
    expect(() => decode(props, message)).toThrow(part);
  });

  it('needs format and field together', () => {
    expect(parsePayloadProps({})).toBeUndefined();
    expect(() => parsePayloadProps({ payloadFormat: 'json' })).toThrow('belong together');
    expect(() => parsePayloadProps({ payloadField: 'x' })).toThrow('belong together');
  });
});

describe('in a rule', () => {
  let h: Harness;
  beforeEach(() => {
    h = harness();
  });
  afterEach(() => h.end());

  it('declared fields are those of the second step', async () => {
    const rule = h.runtime.createRule({
      ...h.define('r', filterProgram('a')),
      sources: (name) => ({
        ...h.spec(name),
        schema: [{ name: 'a', type: { kind: 'bigint' } }],
        props: { payloadFormat: 'json', payloadField: 'data' },
      }),
    });
    await rule.start();
    h.sources[0]!.emit(Buffer.from(JSON.stringify({ data: b64('{"a":9007199254740993}') })));
    expect(String(h.sink.got[0])).toBe('[{"a":9007199254740993}]');
  });
});
