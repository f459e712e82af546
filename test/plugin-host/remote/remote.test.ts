// Sources and functions over the border of the registry, with real workers and no daemon: confirmations, backpressure, values, aggregates.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createFolders, foldersOf } from '../../../src/config/index.ts';
import type { AggregateDefinition, CallSite, ConnectorContext, ScalarDefinition } from '../../../src/contract/index.ts';
import { DateTime } from '../../../src/data/datetime.ts';
import { Tuple } from '../../../src/data/tuple.ts';
import { createPluginRegistry, type PluginRegistry } from '../../../src/plugin-host/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { until } from '../../plugins/helpers/plugin-root.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-registry-'));
const folders = foldersOf(root);
const clock = createRealClock();
const { log } = createMemoryLog();
let store: Store;
let registry: PluginRegistry;
const put = (path: string, text: string) => writeFileSync(join(folders.plugins, path), text);
const context = {
  getRuleId: () => 'r',
  getOpId: () => 'o',
  getInstanceId: () => 0,
  getRootPath: () => root,
} as unknown as ConnectorContext;

beforeAll(async () => {
  createFolders(folders);
  put(
    'sources/confirmed.ts',
    `export class Confirmed {
      acked: number[] = [];
      open(_ctx: any, emit: any) { for (let i = 0; i < 3; i++) void emit({ i }, { topic: 't' + i }, () => { this.acked.push(i); void emit({ acked: this.acked.join() }); }); }
      close() {}
    }`,
  );
  put(
    'sources/flood.mjs',
    `export const Flood = () => { let on = true; return {
      async open(ctx, emit) { (async () => { for (let i = 0; on; i++) { const wait = emit({ i }); if (wait) await wait; } })(); },
      close() { on = false; },
    }; };`,
  );
  put('sources/bytes.js', `exports.Bytes = class { open(ctx, emit) { emit(Buffer.from('{"a":1}')); } close() {} };`);
  put(
    'sources/sloppy.ts',
    `export class Sloppy { open(_ctx: any, emit: any) { const said = []; for (const x of [42, null, undefined, [1], [{ a: 1 }, null], true]) try { emit(x); } catch (e) { said.push(e.message); } emit({ said }); } close() {} }`,
  );
  put('functions/mixed.ts', 'export class Mixed { exec() { return { s: Symbol("x"), f() {}, a: [() => 1, 2n], n: 1 }; } }');
  put(
    'functions/shapes.ts',
    'export class Shapes { exec([a]: any) { return { type: Object.prototype.toString.call(a), inside: typeof a?.n, date: new Date(0), back: a }; } }',
  );
  put(
    'functions/total.ts',
    'export class Total { exec([a]: any) { return a.reduce((x: number, y: number) => x + y, 0); } isAggregate() { return true; } }',
  );
  put(
    'functions/strict.ts',
    'export class Strict { validate(args: any) { if (args.length !== 2) throw new Error("Expect 2 arguments"); } exec() { return 1; } }',
  );
  put(
    'functions/keeper.ts',
    'export class Keeper { exec([v]: any, ctx: any) { ctx.putState("k", v === 1 ? () => 1 : v); return ctx.getState("k"); } }',
  );
  put(
    'sources/table.ts',
    'export class TableLookup { configure(_d: string, p: any) { if (p.bad) throw new Error("bad"); } open() {} lookup(_c: any, fields: any, keys: any, values: any) { return [{ [keys[0]]: values[0], fields: fields.length }]; } close() {} }',
  );
  put(
    'functions/apart.ts',
    'import { threadId } from "node:worker_threads"; export const worker = true; export class Apart { exec([a]: any, ctx: any) { if (a === "bad") throw new Error("no"); ctx.incrCounter("n", 1); return { threadId, n: ctx.getCounter("n"), a }; } }',
  );
  store = openStore({ dataDir: folders.data, clock, log });
  registry = createPluginRegistry({
    rootPath: root,
    folder: folders.plugins,
    etc: folders.etc,
    dataDir: folders.data,
    clock,
    log,
    store,
    settings: () => ({ default: 'trusted', trust: 'marks', socket: '', installer: '', maxRssMb: 256 }),
  });
  await registry.start(false);
}, 30_000);
afterAll(async () => {
  await registry.stop();
  await store.close();
  rmSync(root, { recursive: true });
});

const sourceOf = async (name: string) => (await registry.connector(name, undefined)!.load()).source!.create();

describe('sources in workers', () => {
  test('confirmations reach the plugin, for the message they belong to', async () => {
    const source = await sourceOf('confirmed');
    const rows: any[] = [];
    const acks: (() => void)[] = [];
    await source.open(
      context,
      (data, meta, ack) => {
        rows.push([data, meta]);
        if (ack) acks.push(ack);
      },
      () => undefined,
    );
    await until('rows', () => rows.length === 3);
    expect(rows[1]).toEqual([{ i: 1 }, { topic: 't1' }]);
    acks[2]!();
    await until('told', () => rows.some(([r]) => r.acked === '2'));
    acks[0]!();
    await until('told', () => rows.some(([r]) => r.acked === '2,0'));
    await source.close(context);
  });

  test('a gateway that is behind makes the plugin wait, and nothing is lost or doubled', async () => {
    const source = await sourceOf('flood');
    const seen: number[] = [];
    let go: (() => void) | undefined;
    const emit = (data: any) => {
      seen.push(data.i);
      if (seen.length === 1000) return new Promise<void>((resolve) => (go = resolve));
      return undefined;
    };
    await source.open(context, emit, () => undefined);
    await until('waits', () => go !== undefined);
    await clock.sleep(200);
    expect(seen.length).toBe(1000);
    go!();
    await until('goes on', () => seen.length > 50_000);
    await source.close(context);
    expect(seen).toEqual(seen.map((_, i) => i));
  });

  test('bytes stay bytes', async () => {
    const source = await sourceOf('bytes');
    let got: unknown;
    await source.open(
      context,
      (data) => void (got = data),
      () => undefined,
    );
    await until('bytes', () => got !== undefined);
    expect(Buffer.from(got as Uint8Array).toString()).toBe('{"a":1}');
    await source.close(context);
  });

  test('what is neither row nor bytes is refused where it is emitted', async () => {
    const source = await sourceOf('sloppy');
    let got: any;
    await source.open(
      context,
      (data) => void (got = data),
      () => undefined,
    );
    await until('row', () => got !== undefined);
    const text = 'emit takes a row (an object), a list of rows, or bytes, but got ';
    expect(got.said).toEqual(['number', 'null', 'undefined', 'number in a list', 'null in a list', 'boolean'].map((what) => text + what));
    await source.close(context);
  });

  test('a lookup source', async () => {
    const lookup = (await registry.connector('table', undefined)!.load()).lookup!.create();
    await expect(lookup.configure!('d', { bad: true })).rejects.toThrow('bad');
    await lookup.configure!('d', {});
    await lookup.open(context);
    expect(await lookup.lookup(context, ['a', 'b'], ['id'], [7n])).toEqual([{ id: 7, fields: 2 }]);
    await lookup.close(context);
  });
});

describe('functions', () => {
  const values = new Map<string, unknown>();
  const site = {
    name: 'f',
    args: [{}],
    env: { ruleId: 'r' },
    state: {
      putState: (k: string, v: unknown) => void values.set(k, v),
      getState: (k: string) => values.get(k),
      deleteState: () => undefined,
      incrCounter: () => undefined,
      getCounter: () => 0,
    },
  } as unknown as CallSite;
  const call = (name: string, value: any) =>
    (registry.functions.get(name) as ScalarDefinition).compile!([(t) => t.cols[0]], site)(new Tuple([value], 0)) as any;

  test('values cross the border as ordinary JavaScript and come back', () => {
    expect(call('shapes', 5n).type).toBe('[object Number]');
    expect(call('shapes', 2n ** 60n).type).toBe('[object BigInt]');
    expect(call('shapes', new DateTime(0n)).type).toBe('[object Date]');
    const row = { n: 1n, deep: [{ n: 2n }], plain: { a: 1 } };
    const out = call('shapes', row);
    expect(out.inside).toBe('number');
    expect(out.date).toEqual(DateTime.fromMs(0));
    expect(out.back).toEqual({ n: 1, deep: [{ n: 2 }], plain: { a: 1 } });
    // the row of other rules is not touched, and what needs no change is not copied
    expect(row.n).toBe(1n);
    expect(out.back.plain).toBe(row.plain);
  });

  test('functions and symbols in a result become null, so that every sink can send it', () => {
    expect(call('mixed', 1)).toEqual({ s: null, f: null, a: [null, 2n], n: 1 });
  });

  test('an aggregate gets arrays', () => {
    const def = registry.functions.get('total') as AggregateDefinition;
    expect(def.kind).toBe('aggregate');
    const a = def.add(def.add(def.init(site), 1n), 2.5);
    const b = def.add(def.init(site), 3n);
    expect(def.result(def.merge!(a, b), site)).toBe(6.5);
  });

  test('validate refuses the rule with its own text', () => {
    const def = registry.functions.get('strict')!;
    expect(() => def.validate!([])).toThrow('Expect 2 arguments');
  });

  test('state that no checkpoint could keep is refused at its place', () => {
    expect(call('keeper', 'x')).toBe('x');
    expect(() => call('keeper', 1)).toThrow('a function cannot be kept');
  });

  test('a function that asks for it runs in a worker and keeps its state here', () => {
    const first = call('apart', 5n);
    expect(first).toMatchObject({ n: 1, a: 5 });
    expect(first.threadId).toBeGreaterThan(0);
    expect(() => call('apart', 'bad')).toThrow('call func apart error: no');
    expect(values.get('n')).toBe(1);
  });
});
