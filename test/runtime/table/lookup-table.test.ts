// Lookup tables: cache, merged fetches, sharing between rules, a source that is away.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import type { ConnectorEntry } from '../../../src/contract/connector.ts';
import type { Props } from '../../../src/contract/props.ts';
import type { Row } from '../../../src/data/value.ts';
import type { SourceSpec } from '../../../src/runtime/definition.ts';
import { defaultSettings, type Environment } from '../../../src/runtime/environment.ts';
import { createTables } from '../../../src/runtime/table/index.ts';

interface Fake {
  fetches: unknown[][];
  opened: number;
  closed: number;
  configured: Props | undefined;
  /** Answers of fetches; default: a row with the value, for 404 none. */
  answer(value: unknown): Row[] | Promise<Row[]>;
  open(): void | Promise<void>;
}

function setUp(fakeMore: Partial<Fake> = {}) {
  const clock = createVirtualClock();
  const { log, lines } = createMemoryLog();
  const fake: Fake = {
    fetches: [],
    opened: 0,
    closed: 0,
    configured: undefined,
    answer: (value) => (value === 404 ? [] : [{ id: value as number }]),
    open: () => undefined,
    ...fakeMore,
  };
  const entry: ConnectorEntry = {
    name: 'fake',
    offers: ['lookup'],
    load: async () => ({
      name: 'fake',
      lookup: {
        kind: 'lookup',
        name: 'fake',
        options: [],
        doc: '',
        create: () => ({
          configure(_datasource, props) {
            fake.configured = props;
          },
          async open() {
            fake.opened++;
            await fake.open();
          },
          lookup(_ctx, _fields, _keys, values) {
            fake.fetches.push([...values]);
            return fake.answer(values[0]);
          },
          close: () => void fake.closed++,
        }),
      },
    }),
  };
  const env = {
    deps: { rootPath: '/', connectors: (name: string) => (name === 'fake' ? entry : undefined) },
    clock,
    log,
    settings: defaultSettings,
    connections: { acquire: () => undefined, release: () => undefined },
    gatewayId: 'g',
    random: () => 0.5,
  } as unknown as Environment;
  return { clock, fake, lines, tables: createTables(env) };
}

const spec = (props: Props = {}): SourceSpec => ({
  name: 't',
  kind: 'lookup-table',
  type: 'fake',
  datasource: 'd',
  props,
  format: 'json',
  key: 'id',
});
const ask = (t: { lookup(f: string[], k: string[], v: never[]): unknown }, value: unknown) => t.lookup([], ['id'], [value as never]);

describe('lookup table', () => {
  test('asks the source each time without cache', async () => {
    const { tables, fake } = setUp();
    const { table } = await tables.openLookup(spec());
    ask(table, 1);
    ask(table, 1);
    expect(fake.fetches).toHaveLength(2);
  });

  // @covers issue:14#6
  test('a source that does not answer fails the lookup after 10 s, and an `open` that never ends is tried again', async () => {
    const { tables, fake, clock } = setUp({ answer: () => new Promise(() => undefined) });
    const { table } = await tables.openLookup(spec());
    let failure = '';
    (ask(table, 1) as Promise<unknown>).catch((e: Error) => (failure = e.message));
    await clock.advance(9999);
    expect(failure).toBe('');
    await clock.advance(1);
    expect(failure).toBe('lookup table t gave no answer within 10 s');
    const hangs = setUp({ open: () => new Promise(() => undefined) });
    const opening = hangs.tables.openLookup(spec());
    await hangs.clock.advance(5000);
    await opening;
    await hangs.clock.advance(25_000);
    expect(hangs.fake.opened).toBe(1);
    await hangs.clock.advance(1000);
    expect(hangs.fake.opened).toBe(2);
    expect(fake.opened).toBe(1);
  });

  test('cache: answers are remembered for cacheTtl', async () => {
    const { tables, fake, clock } = setUp();
    const { table } = await tables.openLookup(spec({ lookup: { cache: true, cacheTtl: '10s' } }));
    expect(ask(table, 1)).toEqual([{ id: 1 }]);
    await clock.advance(9999);
    expect(ask(table, 1)).toEqual([{ id: 1 }]);
    expect(fake.fetches).toHaveLength(1);
    await clock.advance(1);
    ask(table, 1);
    expect(fake.fetches).toHaveLength(2);
  });

  test('cacheTtl 0 never expires; the wall clock does not matter', async () => {
    const { tables, fake, clock } = setUp();
    const { table } = await tables.openLookup(spec({ LOOKUP: { cache: true } }));
    ask(table, 1);
    clock.jump(86_400_000);
    await clock.advance(86_400_000);
    ask(table, 1);
    expect(fake.fetches).toHaveLength(1);
  });

  test('a missing key is remembered only with cacheMissingKey', async () => {
    const without = setUp();
    const a = await without.tables.openLookup(spec({ lookup: { cache: true } }));
    ask(a.table, 404);
    ask(a.table, 404);
    expect(without.fake.fetches).toHaveLength(2);
    const withIt = setUp();
    const b = await withIt.tables.openLookup(spec({ lookup: { cache: true, cacheMissingKey: true } }));
    ask(b.table, 404);
    ask(b.table, 404);
    expect(withIt.fake.fetches).toHaveLength(1);
  });

  test('kinds are told apart: 1, 1.0 and "1" are three keys', async () => {
    const { tables, fake } = setUp();
    const { table } = await tables.openLookup(spec({ lookup: { cache: true } }));
    for (const value of [1n, 1, '1', 1n, 1, '1']) ask(table, value);
    expect(fake.fetches).toHaveLength(3);
  });

  test('equal questions under way share one fetch; a failure is not remembered', async () => {
    const { promise, reject } = Promise.withResolvers<Row[]>();
    const { tables, fake } = setUp({ answer: () => promise });
    const { table } = await tables.openLookup(spec({ lookup: { cache: true } }));
    const first = ask(table, 1) as Promise<Row[]>;
    const second = ask(table, 1) as Promise<Row[]>;
    expect(fake.fetches).toHaveLength(1);
    reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await expect(second).rejects.toThrow('away');
    fake.answer = () => [{ id: 7 }];
    expect(ask(table, 1)).toEqual([{ id: 7 }]);
  });

  test('the cache is bounded', async () => {
    const { tables, fake } = setUp();
    const { table } = await tables.openLookup(spec({ lookup: { cache: true } }));
    for (let i = 1000; i < 11_001; i++) ask(table, i);
    ask(table, 11_000);
    expect(fake.fetches).toHaveLength(10_001);
    ask(table, 1000);
    expect(fake.fetches).toHaveLength(10_002);
  });

  test('rules share one table and its cache; the last one closes it', async () => {
    const { tables, fake } = setUp();
    const a = await tables.openLookup(spec({ lookup: { cache: true } }));
    const b = await tables.openLookup(spec({ lookup: { cache: true } }));
    ask(a.table, 1);
    ask(b.table, 1);
    expect([fake.opened, fake.fetches.length]).toEqual([1, 1]);
    a.release();
    a.release();
    await Promise.resolve();
    expect(fake.closed).toBe(0);
    b.release();
    await new Promise((r) => setImmediate(r));
    expect(fake.closed).toBe(1);
    await tables.openLookup(spec({ lookup: { cache: true } }));
    expect(fake.opened).toBe(2);
  });

  test('KEY reaches the source', async () => {
    const { tables, fake } = setUp();
    await tables.openLookup(spec({ a: 1 }));
    expect(fake.configured).toEqual({ a: 1, key: 'id' });
  });

  test('a source that is away: the rule starts, lookups fail with its reason, and it is opened again', async () => {
    let away = true;
    const { tables, fake, clock, lines } = setUp({
      open: () => {
        if (away) throw new Error('connection refused');
      },
    });
    const { table } = await tables.openLookup(spec());
    expect(() => ask(table, 1)).toThrow('lookup table t is not connected: connection refused');
    away = false;
    await clock.advance(100);
    expect(ask(table, 1)).toEqual([{ id: 1 }]);
    expect(fake.opened).toBe(2);
    expect(lines.filter((l) => l['level'] === 'warn')).toHaveLength(1);
  });

  test('a source that does not answer when opened holds the rule for 5 s only', async () => {
    const { tables, clock } = setUp({ open: () => new Promise(() => undefined) });
    const opening = tables.openLookup(spec());
    await clock.advance(5000);
    const { table } = await opening;
    expect(() => ask(table, 1)).toThrow('it is being opened');
  });

  test('wrong options and unknown types refuse the rule', async () => {
    const { tables } = setUp();
    await expect(tables.openLookup(spec({ lookup: { cacheTtl: 'soon' } }))).rejects.toThrow('cacheTtl');
    await expect(tables.openLookup({ ...spec(), type: 'nope' })).rejects.toThrow('lookup source type nope not found');
  });
});
