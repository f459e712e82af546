// A field that cannot be read costs those who read it, and nobody else.
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/base/errors/gateway-error.ts';
import { createJsonDecoder } from '../../../src/codecs/json/decode.ts';
import protobuf from '../../../src/codecs/protobuf/index.ts';
import type { CodecOptions } from '../../../src/contract/codec.ts';
import type { Row, Value } from '../../../src/data/value.ts';
import type { Subscriber } from '../../../src/runtime/ports.ts';
import { DecodeGroup } from '../../../src/runtime/source/decode-group.ts';

function group(options: CodecOptions) {
  const g = new DecodeGroup({ key: '', decoder: createJsonDecoder(options), validate: undefined, eventTime: (row) => Number(row['ts']) });
  const rule = (columns: string[] | undefined, eventTime = false, standard = true) => {
    const got: (Value[] | { error: string })[] = [];
    const s: Subscriber = {
      ruleId: 'r',
      index: [],
      columns,
      eventTime,
      standard,
      push: (t) => void got.push(slots.map((at) => (at < 0 ? undefined : t.cols[at]!))),
      end: () => undefined,
      sourceError: (error) => void got.push({ error: messageOf(error) }),
    };
    const slots = (columns ?? ['*']).map((c) => g.layout.acquire(c));
    g.add(s);
    return { s, got };
  };
  return { g, rule, send: (text: string) => g.receive(Buffer.from(text), 5, undefined, undefined) };
}

const SCHEMA = [
  { name: 'a', type: { kind: 'bigint' as const } },
  { name: 'b', type: { kind: 'float' as const } },
  { name: 'ts', type: { kind: 'bigint' as const } },
];

// @covers finding:sql#B12
describe('a field that cannot be read', () => {
  it('with useInt64ForWholeNumber costs no rule that does not read it, at the top and inside', () => {
    const { g, rule, send } = group({ useInt64ForWholeNumber: true });
    const a = rule(['a']);
    send('{"a":1,"x":1e400,"o":{"y":1e3,"l":[1e3]},"big":123456789012345678901234567890}');
    expect(a.got).toEqual([[1n]]);
    expect(g.undecodable).toBe(0);
    expect(g.stats.exceptions).toBe(0);
  });

  it('with useInt64ForWholeNumber costs the rules that read it or the whole row, and only them', () => {
    const { g, rule, send } = group({ useInt64ForWholeNumber: true });
    const a = rule(['a']);
    const x = rule(['x', 'a']);
    const all = rule(undefined);
    const inside = rule(['o']);
    send('{"a":1,"x":1e3,"o":{"y":2}}');
    expect(a.got).toEqual([[1n]]);
    expect(inside.got).toEqual([[{ y: 2n }]]);
    expect(x.got).toEqual([{ error: expect.stringContaining('cannot parse "1e3" as a whole number') }]);
    expect(all.got).toEqual(x.got);
    expect(g.undecodable).toBe(1);
    expect(g.stats.exceptions).toBe(1);
    send('{"a":2,"x":3,"o":{"y":2}}');
    expect(x.got[1]).toEqual([3n, 2n]);
    expect(a.got[1]).toEqual([2n]);
    expect(g.undecodable).toBe(1);
  });

  it('inside of an object throws for who reads that member, and the whole row is refused for who reads all', () => {
    const { rule, send } = group({ useInt64ForWholeNumber: true });
    const o = rule(['o']);
    const all = rule(undefined);
    send('{"o":{"y":1e3,"z":4,"l":[1,1e3]}}');
    const object = (o.got[0] as Value[])[0] as Row;
    expect(object['z']).toBe(4n);
    expect(() => object['y']).toThrow('cannot parse "1e3"');
    expect(() => (object['l'] as Value[])[1]).toThrow('cannot parse "1e3"');
    expect((object['l'] as Value[])[0]).toBe(1n);
    expect(all.got).toEqual([{ error: expect.stringContaining('cannot parse "1e3"') }]);
  });

  it('of a typed stream that rules share costs only the rule that reads the column', () => {
    const { g, rule, send } = group({ schema: SCHEMA });
    const a = rule(['a']);
    const b = rule(['b']);
    const timed = rule(['a'], true);
    send('{"a":1,"b":"broken","ts":77}');
    expect(a.got).toEqual([[1n]]);
    expect(timed.got).toEqual([[1n]]);
    expect(b.got).toEqual([{ error: 'b has wrong type:string, expect:float' }]);
    expect(g.stats).toMatchObject({ exceptions: 1, recordsOut: 1 });
    send('{"a":"broken","b":2.5,"ts":"x"}');
    expect(b.got[1]).toEqual([2.5]);
    expect(a.got[1]).toEqual({ error: 'a has wrong type:string, expect:bigint' });
    expect(timed.got).toHaveLength(2);
    expect(timed.got[1]).toHaveProperty('error');
  });

  it('costs every rule with sqlCompatibility ekuiper the row, and those with standard SQL beside it only what they read', () => {
    const { rule, send } = group({ schema: SCHEMA });
    const ekuiper = rule(['a'], false, false);
    const standard = rule(['a']);
    send('{"a":1,"b":"broken"}');
    expect(ekuiper.got).toEqual([{ error: 'b has wrong type:string, expect:float' }]);
    expect(standard.got).toEqual([[1n]]);
    send('{"a":2,"b":1}');
    expect(ekuiper.got[1]).toEqual([2n]);
  });

  it('costs one row of a list of rows, not the message', () => {
    const { rule, send } = group({ schema: SCHEMA });
    const a = rule(['a']);
    send('[{"a":1},{"a":"x"},{"a":3}]');
    expect(a.got).toEqual([[1n], { error: expect.stringContaining('wrong type') }, [3n]]);
  });

  it('that a rule joined later reads is its error, and no other one keeps it from what it gets again', () => {
    const { g, rule } = group({ schema: SCHEMA });
    const a = rule(['a']);
    const b = rule(['b']);
    for (const r of [a, b]) g.replay(r.s, Buffer.from('{"a":1,"b":"broken"}'), 5, undefined, undefined);
    expect(a.got).toEqual([[1n]]);
    expect(b.got).toEqual([{ error: 'b has wrong type:string, expect:float' }]);
  });
});

// @covers issue:13#2
describe('a small payload that becomes much', () => {
  it('is refused by the budget when its decoder says that it grows', () => {
    const SCHEMA = `syntax = "proto3"; message Wide { ${Array.from({ length: 500 }, (_, i) => `string f${i} = ${i + 2};`).join(' ')} repeated Wide more = 1; }`;
    const decoder = protobuf.createDecoder({ schemaId: 's.Wide', schemas: { read: () => SCHEMA } });
    const g = new DecodeGroup({ key: '', decoder, validate: undefined, eventTime: undefined });
    const errors: string[] = [];
    g.add({ ruleId: 'r', index: [], columns: undefined, eventTime: false, standard: true, push: () => undefined, end: () => undefined, sourceError: (error) => void errors.push(messageOf(error)) }); // biome-ignore format: one line
    // 2,000 empty messages of 500 fields
    g.receive(Buffer.alloc(4000, Buffer.of(10, 0)), 5, undefined, undefined);
    expect(errors.join()).toContain('the work is more than');
    expect(g.undecodable).toBe(1);
  });
});
