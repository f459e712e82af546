// In-process topics: wildcards, dynamic topics, confirmation through a chain, lookup tables.
import { describe, expect, it } from 'vitest';
import { topicMatcher } from '../../../src/connectors/memory/bus.ts';
import memory from '../../../src/connectors/memory/index.ts';
import type { PooledConnection } from '../../../src/contract/context.ts';
import type { Props } from '../../../src/contract/props.ts';
import type { Emit } from '../../../src/contract/source.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

const pool = () => new Map<string, { c: PooledConnection; users: number }>();
type Pool = ReturnType<typeof pool>;

function subscribe(p: Pool, topic: string, emit?: Emit) {
  const source = memory.source!.create();
  void source.configure!(topic, {});
  const ctx = createTestContext('source', p);
  const got: [topic: unknown, row: unknown][] = [];
  void source.open(
    ctx,
    emit ??
      ((row, meta, ack) => {
        got.push([meta!['topic'], row]);
        ack?.();
      }),
    () => undefined,
  );
  return { got, close: () => source.close(ctx) };
}

function publisher(p: Pool, props: Props) {
  const sink = memory.sink!.create();
  void sink.configure!(props);
  const ctx = createTestContext('sink', p);
  void sink.open(ctx, () => undefined);
  return {
    publish: (rows: Row | Row[], dynamic?: Record<string, unknown>) => sink.collect(ctx, rows, dynamic),
    close: () => sink.close(ctx),
  };
}

async function lookupOf(p: Pool, topic: string, props: Props) {
  const table = memory.lookup!.create();
  await table.configure!(topic, props);
  const ctx = createTestContext('table', p);
  await table.open(ctx);
  return {
    drops: ctx.drops,
    find: (keys: string[], values: unknown[], fields: string[] = []) => table.lookup(ctx, fields, keys, values),
    close: () => table.close(ctx),
  };
}

describe('topics', () => {
  const table: [filter: string, topic: string, matches: boolean][] = [
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/+', 'a/x', true],
    ['a/+', 'x/a/b', false],
    ['a/+', 'a/b/c', false],
    ['+/b', 'a/b', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'b/a', false],
    ['#', 'any/thing', true],
    ['a.c', 'abc', false],
    ['a/+/c', 'a//c', true],
  ];
  it.each(table)('%s and %s: %s (MQTT rules, not a regular expression)', (filter, topic, matches) => {
    expect(topicMatcher(filter)(topic)).toBe(matches);
  });

  it.each(['a/#/b', 'a#', 'a/b+'])('refuses the filter %s', (filter) => {
    expect(() => memory.source!.create().configure!(filter, {})).toThrow(`invalid topic ${filter}`);
  });
});

describe('memory pipelines', () => {
  it('gives each row of a list to each subscriber, with the topic', async () => {
    const p = pool();
    const [a, b] = [subscribe(p, 'x'), subscribe(p, '+')];
    const s = publisher(p, { topic: 'x' });
    await s.publish([{ a: 1n }, { a: 2n }]);
    for (const { got } of [a, b])
      expect(got).toEqual([
        ['x', { a: 1n }],
        ['x', { a: 2n }],
      ]);
  });

  it('gives wildcard subscribers what dynamic topics publish (defect 25), also topics that are new', async () => {
    const p = pool();
    const s = publisher(p, { topic: '{{.d}}' });
    const wild = subscribe(p, 'dev/#');
    await s.publish({ v: 1n }, { topic: 'dev/1/up' });
    await s.publish({ v: 2n }, { topic: 'other' });
    const late = subscribe(p, 'dev/+/up');
    await s.publish({ v: 3n }, { topic: 'dev/2/up' });
    expect(wild.got).toEqual([
      ['dev/1/up', { v: 1n }],
      ['dev/2/up', { v: 3n }],
    ]);
    expect(late.got).toEqual([['dev/2/up', { v: 3n }]]);
  });

  it('is done when every subscriber is, and at once when there is none', async () => {
    const p = pool();
    const s = publisher(p, { topic: 'x' });
    expect(s.publish({ a: 1n })).toBeUndefined();
    const acks: (() => void)[] = [];
    subscribe(p, 'x', (_row, _meta, ack) => void acks.push(ack!));
    subscribe(p, '#', (_row, _meta, ack) => void acks.push(ack!));
    let done = false;
    const delivery = Promise.resolve(s.publish({ a: 1n })).then(() => {
      done = true;
    });
    acks[0]!();
    await Promise.resolve();
    expect(done).toBe(false);
    acks[1]!();
    await delivery;
  });

  it('does not use the stack up when what a subscriber publishes comes back to it', async () => {
    const p = pool();
    const s = publisher(p, { topic: 'x' });
    let rows = 0;
    const all = Promise.withResolvers<void>();
    subscribe(p, 'x', (row, _meta, ack) => {
      rows++;
      const n = (row as { n: number }).n;
      if (n === 20_000) all.resolve();
      else void s.publish({ n: n + 1 });
      ack!();
    });
    await s.publish({ n: 1 });
    await all.promise;
    expect(rows).toBe(20_000);
  });

  it('gives nothing any more to a subscriber that left', async () => {
    const p = pool();
    const s = publisher(p, { topic: 'x' });
    const a = subscribe(p, 'x');
    await s.publish({ a: 1n });
    await a.close();
    await s.publish({ a: 2n });
    expect(a.got.length).toBe(1);
    await s.close();
    expect(p.size).toBe(0);
  });

  it.each([
    [{ topic: 'a/#' }, 'invalid memory topic a/#: wildcard found'],
    [{ topic: 'a', rowkindField: 'k' }, 'keyField is required when rowkindField is set'],
  ] as [Props, string][])('refuses the sink %j', (props, part) => {
    expect(() => memory.sink!.create().configure!(props)).toThrow(part);
  });

  it('refuses a topic with a wildcard that a template gave', async () => {
    const s = publisher(pool(), { topic: '{{.t}}' });
    expect(() => s.publish({ a: 1n }, { topic: 'a/+' })).toThrow('invalid memory topic a/+: wildcard found');
  });
});

describe('memory lookup table', () => {
  it('keeps the last row of each key, and compares keys with their type', async () => {
    const p = pool();
    const t = await lookupOf(p, 'x', { key: 'id' });
    const s = publisher(p, { topic: 'x' });
    await s.publish([
      { id: 1n, v: 'a' },
      { id: 1, v: 'b' },
      { id: '1', v: 'c' },
      { id: 1n, v: 'd' },
    ]);
    expect(t.find(['id'], [1n])).toEqual([{ id: 1n, v: 'd' }]);
    expect(t.find(['id'], [1])).toEqual([{ id: 1, v: 'b' }]);
    expect(t.find(['id'], ['1'], ['v'])).toEqual([{ v: 'c' }]);
    expect(t.find(['id'], [2n])).toEqual([]);
    expect(t.find(['v'], ['d'])).toEqual([{ id: 1n, v: 'd' }]);
  });

  it('takes changes by rowkindField: insert, update, upsert, delete; absent is upsert', async () => {
    const p = pool();
    const t = await lookupOf(p, 'x', { key: 'id' });
    const s = publisher(p, { topic: 'x', rowkindField: 'kind', keyField: 'id' });
    await s.publish([
      { id: 1n, v: 1n },
      { id: 2n, v: 1n, kind: 'insert' },
      { id: 1n, v: 2n, kind: 'update' },
      { id: 2n, kind: 'delete' },
    ]);
    expect(t.find(['id'], [1n], ['v'])).toEqual([{ v: 2n }]);
    expect(t.find(['id'], [2n])).toEqual([]);
    expect(() => s.publish({ id: 1n, kind: 'replace' })).toThrow('invalid rowkind replace');
  });

  it('counts rows without the key', async () => {
    const p = pool();
    const t = await lookupOf(p, 'x', { key: 'id' });
    await publisher(p, { topic: 'x' }).publish({ v: 1n });
    expect(t.drops).toEqual(['1 row without key id']);
  });

  it('needs KEY', () => {
    expect(() => memory.lookup!.create().configure!('x', {})).toThrow('key is required for lookup source');
  });
});
