// Common sink properties: what goes out for a result, property by property.
import { createDecipheriv } from 'node:crypto';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { codecs } from '../../../src/codecs/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import type { Ack } from '../../../src/data/ack.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTransform, type DynamicProps } from '../../../src/runtime/transform/index.ts';

const key = Buffer.alloc(32, 7);

async function setUp(props: Props, payload: 'bytes' | 'rows' = 'bytes') {
  const clock = createVirtualClock();
  const items: { data: unknown; dynamic: DynamicProps | undefined; rows: number; acks: readonly Ack[] }[] = [];
  const errors: unknown[] = [];
  let touched = 0;
  const transform = await createTransform(
    props,
    { name: 'test', payload, options: [] },
    {
      clock,
      log: createMemoryLog().log,
      ruleId: 'r',
      sinkName: 'test_0',
      timeZone: 'UTC',
      codecs: async (name) => codecs.find((c) => c.name === name)?.load(),
      property: () => undefined,
      aesKey: key,
      output: { item: (data, dynamic, rows, acks) => void items.push({ data, dynamic, rows, acks }) },
      touch: () => void touched++,
      exception: (error) => void errors.push(error),
    },
  );
  const push = (rows: Row[], acks: Ack[] = []) => transform.push({ rows, acks, meta: undefined, tsMs: 0 });
  return {
    clock,
    items,
    errors,
    transform,
    push,
    touched: () => touched,
    data: () => items.map((i) => (typeof i.data === 'string' || !(i.data instanceof Uint8Array) ? i.data : Buffer.from(i.data).toString())),
  };
}

describe('transform', () => {
  const cases: [name: string, props: Props, rows: Row[], expected: unknown[]][] = [
    ['sends a list by default', {}, [{ a: 1 }], ['[{"a":1}]']],
    ['sends rows one by one with sendSingle', { sendSingle: true }, [{ a: 1 }, { a: 2 }], ['{"a":1}', '{"a":2}']],
    ['keeps int64 exact', { sendSingle: true }, [{ a: 9223372036854775807n }], ['{"a":9223372036854775807}']],
    [
      'sorts keys and escapes as Go',
      { sendSingle: true },
      [{ b: '<&>', a: { z: 1, y: [] } }],
      ['{"a":{"y":[],"z":1},"b":"\\u003c\\u0026\\u003e"}'],
    ],
    ['keeps fields, missing as null', { fields: ['b', 'x'] }, [{ a: 1, b: 2 }], ['[{"b":2,"x":null}]']],
    ['leaves excludeFields out', { excludeFields: ['a'], sendSingle: true }, [{ a: 1, b: 2 }], ['{"b":2}']],
    ['takes an object of dataField', { dataField: 'o' }, [{ o: { k: 1 } }], ['{"k":1}']],
    ['takes a list of dataField', { dataField: 'o' }, [{ o: [{ k: 1 }, { k: 2 }] }], ['[{"k":1},{"k":2}]']],
    ['sends nothing for an empty dataField', { dataField: 'o' }, [{ o: [] }], []],
    ['sends an empty result', {}, [], ['[]']],
    ['omits an empty result', { omitIfEmpty: true }, [], []],
    ['omits a result of empty rows (defect 24)', { omitIfEmpty: true }, [{}, {}], []],
    ['omits empty rows with sendSingle', { omitIfEmpty: true, sendSingle: true }, [{}, { a: 1 }], ['{"a":1}']],
    ['renders a template over the list', { dataTemplate: '{{len .}}' }, [{ a: 1 }, { a: 2 }], ['2']],
    ['renders a template over the row', { dataTemplate: 'v={{.a}}', sendSingle: true }, [{ a: 1 }], ['v=1']],
    [
      'reads the template output again when fields are set',
      { dataTemplate: '{"x":{{.a}},"y":2}', sendSingle: true, fields: ['x'] },
      [{ a: 1 }],
      ['{"x":1}'],
    ],
    ['writes delimited lines', { format: 'delimited', delimiter: '|', sendSingle: true }, [{ id: 1, dev: 'a' }], ['a|1']],
    [
      'writes delimited lists',
      { format: 'delimited', hasHeader: true },
      [
        { id: 1, dev: 'a' },
        { id: 2, dev: 'b' },
      ],
      ['dev,id\na,1\nb,2'],
    ],
    ['writes form data', { format: 'urlencoded', sendSingle: true }, [{ a: 'x y', b: ['1', '2'] }], ['a=x+y&b=1&b=2']],
  ];
  it.each(cases)('%s', async (_name, props, rows, expected) => {
    const t = await setUp(props);
    t.push(rows);
    expect(t.data()).toEqual(expected);
  });

  it('gives rows sinks objects, and reads a template back', async () => {
    const t = await setUp({ sendSingle: true }, 'rows');
    t.push([{ a: 1n }]);
    expect(t.items[0]!.data).toEqual({ a: 1n });
    const u = await setUp({ sendSingle: true, dataTemplate: '{"b":{{.a}}}' }, 'rows');
    u.push([{ a: 1n }]);
    expect(u.items[0]!.data).toEqual({ b: 1 });
  });

  it('sends errors as raw text to bytes sinks and as object to rows sinks', async () => {
    const bytes = await setUp({ dataTemplate: 'x' });
    bytes.transform.push({ rows: [], acks: [], meta: undefined, tsMs: 0, error: 'bad' });
    expect(bytes.data()).toEqual(['bad']);
    const rows = await setUp({}, 'rows');
    rows.transform.push({ rows: [], acks: [], meta: undefined, tsMs: 0, error: 'bad' });
    expect(rows.items[0]!.data).toEqual({ error: 'bad' });
  });

  it('joins rows to batches by size, and by time', async () => {
    const t = await setUp({ batchSize: 3, lingerInterval: '100ms', sendSingle: true });
    t.push([{ a: 1 }]);
    t.push([{ a: 2 }]);
    expect(t.data()).toEqual([]);
    t.push([{ a: 3 }]);
    expect(t.data()).toEqual(['[{"a":1},{"a":2},{"a":3}]']);
    t.push([{ a: 4 }]);
    await t.clock.advance(99);
    expect(t.items.length).toBe(1);
    await t.clock.advance(1);
    expect(t.data()[1]).toBe('[{"a":4}]');
  });

  it('makes one flat list of batches without sendSingle (defect 23)', async () => {
    const t = await setUp({ batchSize: 2 });
    t.push([{ a: 1 }]);
    t.push([{ a: 2 }]);
    expect(t.data()).toEqual(['[{"a":1},{"a":2}]']);
  });

  it('keeps batched rows as state of the rule, and goes on with them after a restart', async () => {
    const t = await setUp({ batchSize: 3, sendSingle: true });
    t.push([{ a: 1n }, { a: 2n }]);
    expect(t.touched()).toBe(2);
    const state = structuredClone(t.transform.save!());
    const u = await setUp({ batchSize: 3, sendSingle: true });
    u.transform.load!(state);
    u.push([{ a: 3n }]);
    expect(u.data()).toEqual(['[{"a":1},{"a":2},{"a":3}]']);
    expect(u.transform.save!()).toBeUndefined();
  });

  it('compresses and encrypts', async () => {
    const t = await setUp({ compression: 'gzip', encryption: 'aes', sendSingle: true });
    t.push([{ a: 1 }]);
    const d = Buffer.from(t.items[0]!.data as Uint8Array);
    const open = createDecipheriv('aes-256-gcm', key, d.subarray(0, 12));
    open.setAuthTag(d.subarray(-16));
    const plain = Buffer.concat([open.update(d.subarray(12, -16)), open.final()]);
    expect(zlib.gunzipSync(plain).toString()).toBe('{"a":1}');
    const c = await setUp({ encryption: 'aes', encProps: { mode: 'cfb' }, sendSingle: true });
    c.push([{ a: 1 }]);
    const e = Buffer.from(c.items[0]!.data as Uint8Array);
    const cfb = createDecipheriv('aes-256-cfb', key, e.subarray(0, 16));
    expect(Buffer.concat([cfb.update(e.subarray(16)), cfb.final()]).toString()).toBe('{"a":1}');
  });

  it('renders dynamic properties per message, nested too', async () => {
    const t = await setUp({ topic: 'out/{{.dev}}', properties: { k: '{{.id}}', fixed: 'x' }, sendSingle: true });
    t.push([{ dev: 'd1', id: 7n }]);
    expect(t.items[0]!.dynamic).toEqual({ topic: 'out/d1', properties: { k: '7', fixed: 'x' } });
    const list = await setUp({ topic: '{{index . 0 "dev"}}' });
    list.push([{ dev: 'd2' }]);
    expect(list.items[0]!.dynamic).toEqual({ topic: 'd2' });
  });

  const bad: [props: Props, part: string][] = [
    [{ fields: ['a'], excludeFields: ['b'] }, 'field and excludeFields cannot both be set'],
    [{ format: 'nope' }, 'nope'],
    [{ batchSize: -1 }, 'invalid batchSize -1'],
    [{ lingerInterval: '-1s' }, 'invalid lingerInterval -1s'],
    [{ compression: 'rar' }, 'unsupported compressor: rar'],
    [{ encryption: 'des' }, "encryptor 'des' is not supported"],
    [{ dataTemplate: '{{if}}' }, 'template: line 1'],
    [{ topic: '{{nope}}' }, 'property topic: template: line 1: function "nope" not defined'],
  ];
  it.each(bad)('refuses %j', async (props, part) => {
    await expect(setUp(props)).rejects.toThrow(part);
  });

  it('loses only the result that cannot be shaped', async () => {
    const t = await setUp({ dataTemplate: '{{.o.x.y}}', sendSingle: true });
    expect(() => t.push([{ o: { x: null } }])).toThrow('fail to encode data');
    t.push([{ o: { x: { y: 1 } } }]);
    expect(t.data()).toEqual(['1']);
  });
});
