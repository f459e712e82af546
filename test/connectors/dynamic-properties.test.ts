// Every place into which a template puts values of messages, with hostile values, from the row to the real sink: the rows of the table in
// docs/security.md. What is refused is refused for good (never tried again) and costs its own row only.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { isRetriable } from '../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { codecs } from '../../src/codecs/index.ts';
import { connectors } from '../../src/connectors/index.ts';
import { MemoryBus, topicMatcher } from '../../src/connectors/memory/bus.ts';
import { delimiterFraming } from '../../src/connectors/serial/framing/delimiter.ts';
import type { PooledConnection } from '../../src/contract/context.ts';
import type { OptionSpec, Props } from '../../src/contract/props.ts';
import type { SinkData } from '../../src/contract/sink.ts';
import type { Row } from '../../src/data/value.ts';
import { createTransform, type DynamicProps } from '../../src/runtime/transform/index.ts';
import { createTestContext } from '../helpers/connector-context.ts';
import { type HttpPeer, startHttpPeer } from '../helpers/http-peer.ts';
import { createPtyPair } from '../helpers/pty-pair.ts';

let root: string;
let peer: HttpPeer;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-dynamic-'));
  for (const f of ['etc/sources', 'plugins', 'data/logs']) mkdirSync(join(root, f), { recursive: true });
  peer = await startHttpPeer();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await peer.close();
  rmSync(root, { recursive: true, force: true });
});
const definitionOf = (name: string) => connectors.find((c) => c.name === name)!.load();
const pool = () => new Map<string, { c: PooledConnection; users: number }>();

/** The way of a rule's result to a sink, without the queue between. */
async function actionOf(name: string, props: Props, connections = pool()) {
  const definition = (await definitionOf(name)).sink!;
  const sink = definition.create();
  await sink.configure?.(props);
  const ctx = {
    ...createTestContext('sink', connections),
    clock: createVirtualClock(1_700_000_000_000),
    getRootPath: () => root,
    network: { enablePrivateNet: true, dataServer: { ip: '127.0.0.1', port: 0 } },
  };
  const items: { data: SinkData; dynamic: DynamicProps | undefined }[] = [];
  const refusals: unknown[] = [];
  const transform = await createTransform({ sendSingle: true, ...props }, definition, {
    clock: ctx.clock,
    log: createMemoryLog().log,
    ruleId: 'r',
    sinkName: `${name}_0`,
    timeZone: 'UTC',
    codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
    property: () => undefined,
    output: { item: (data, dynamic) => void items.push({ data, dynamic }), failed: (_result, error) => void refusals.push(error) },
    touch: () => undefined,
    exception: (error) => void refusals.push(error),
  });
  let opened = false;
  return {
    ctx,
    /** @returns codes of the errors, in the order of the rows; '' = delivered */
    async send(...rows: Row[]): Promise<string[]> {
      if (!opened) {
        await sink.open(ctx, () => undefined);
        closers.push(() => sink.close(ctx));
        opened = true;
      }
      const codes: string[] = [];
      for (const row of rows) {
        items.length = refusals.length = 0;
        try {
          transform.push({ rows: [row], acks: [], meta: undefined, tsMs: 0 });
          for (const { data, dynamic } of items) await sink.collect(ctx, data, dynamic);
        } catch (error) {
          refusals.push(error);
        }
        expect(refusals.every((e) => !isRetriable(e))).toBe(true);
        codes.push(refusals.map((e) => (e as { code?: string }).code ?? String(e)).join());
      }
      return codes;
    },
    close: () => sink.close(ctx),
  };
}
const no = 'VALUE_REFUSED';
const rowsOf = (...values: unknown[]): Row[] => values.map((d) => ({ d }) as Row);

describe('file', () => {
  // @covers issue:13#1
  it('path: the file lies below the folder before the template', async () => {
    const a = await actionOf('file', { path: 'data/logs/{{.d}}' });
    expect(await a.send(...rowsOf('a', '../../etc/sources/mqtt.yaml', 'b/c', '..', '', '\0', 'x'.repeat(256), null, 7))).toEqual(['', no, '', no, no, no, no, '', '']); // biome-ignore format: one line
    await a.close();
    expect(readdirSync(join(root, 'data/logs')).sort()).toEqual(['7', '<no value>', 'a', 'b']);
    expect(readdirSync(join(root, 'etc/sources'))).toEqual([]);
  });

  // @covers issue:13#1
  it("path: what stands there already, links, pipes and the gateway's own files are no target", async () => {
    const data = join(root, 'data');
    writeFileSync(join(data, 'sqliteKV.db'), 'keep');
    writeFileSync(join(root, 'etc/kuiper.yaml'), 'keep');
    symlinkSync(join(root, 'etc'), join(data, 'logs/etc'));
    symlinkSync(join(root, 'etc/kuiper.yaml'), join(data, 'logs/kuiper.yaml'));
    symlinkSync('/dev/full', join(data, 'logs/full'));
    linkSync(join(data, 'sqliteKV.db'), join(data, 'logs/second-name'));
    execFileSync('mkfifo', [join(data, 'logs/pipe')]);
    // somebody reads from it: opening alone does not fail
    const reader = openSync(join(data, 'logs/pipe'), constants.O_RDWR | constants.O_NONBLOCK);
    closers.push(() => closeSync(reader));
    mkdirSync(join(data, 'logs/folder'));
    const logs = await actionOf('file', { path: 'data/logs/{{.d}}' });
    const links = await logs.send(
      ...rowsOf('etc/kuiper.yaml', 'etc/new.yaml', 'kuiper.yaml', 'full', 'second-name', 'pipe', 'folder', 'folder/.', 'a//../../x', './/..//etc/x', '\ud800/../..', '/etc/cron.d/x', '%2e%2e/x', '..\\x', '～/x'), // biome-ignore format: one line
    );
    expect(links.slice(0, 10).every((c) => c !== '')).toBe(true);
    await logs.close();
    const devices = await actionOf('file', { path: '/dev/{{.d}}' });
    expect(await devices.send(...rowsOf('null', 'zero'))).not.toContain('');
    await devices.close();
    // written directly below data, where the databases lie
    const beside = await actionOf('file', { path: 'data/{{.d}}' });
    const own = ['sqliteKV.db', 'sqliteKV.db-wal', 'checkpoint.db-journal', 'cache.db-shm', 'reserve', 'sources/mqtt.yaml', 'schemas/protobuf/x.proto', 'plugins/trust.json', 'uploads/../sqliteKV.db', 'services/x.json']; // biome-ignore format: one line
    expect((await beside.send(...rowsOf(...own))).map((code, i) => [own[i], code !== ''])).toEqual(own.map((name) => [name, true]));
    await beside.close();
    expect(readFileSync(join(data, 'sqliteKV.db'), 'utf8')).toBe('keep');
    expect(readFileSync(join(root, 'etc/kuiper.yaml'), 'utf8')).toBe('keep');
    expect(readdirSync(join(root, 'etc')).sort()).toEqual(['kuiper.yaml', 'sources']);
    expect(readdirSync(data).sort()).toEqual(['logs', 'sqliteKV.db']);
    expect(readdirSync(root).sort()).toEqual(['data', 'etc', 'plugins']);
  });
});

describe('rest', () => {
  it('url: a message chooses neither host nor a path above, and a value stays in its part', async () => {
    const a = await actionOf('rest', { url: `${peer.url}/dev/{{.d}}?v={{.d}}&end=1`, method: 'post' });
    const codes = await a.send(
      ...rowsOf('7', '@evil.example', '../admin', 'x?admin=1', '1&end=2', '//evil.example/', '%2e%2e/%2e%2e/x', 'a b', '\r\nX: 1'),
    );
    expect(codes).toEqual(['', '', no, '', '', '', no, '', '']);
    expect(peer.asked.every((r) => r.headers.host === new URL(peer.url).host)).toBe(true);
    expect(peer.asked.map((r) => r.path)).toEqual([
      '/dev/7?v=7&end=1',
      '/dev/@evil.example?v=@evil.example&end=1',
      '/dev/x%3Fadmin=1?v=x?admin=1&end=1',
      '/dev/1&end=2?v=1%26end=2&end=1',
      '/dev///evil.example/?v=//evil.example/&end=1',
      '/dev/a%20b?v=a%20b&end=1',
      '/dev/%0D%0AX:%201?v=%0D%0AX:%201&end=1',
    ]);
  });

  it('url: a rule whose template could choose the host is refused, unless allowedHosts lists the hosts', async () => {
    await expect(actionOf('rest', { url: 'http://{{.d}}/x' })).rejects.toThrow('allowedHosts');
    const a = await actionOf('rest', { url: '{{.d}}/x', method: 'post', allowedHosts: [new URL(peer.url).host] });
    expect(await a.send(...rowsOf(peer.url, 'http://127.0.0.1:1', 'http://evil.example', `http://u:p@${new URL(peer.url).host}`, 'file://'))).toEqual(['', no, no, no, no]); // biome-ignore format: one line
    expect(peer.asked.length).toBe(1);
  });

  it('method: one of get, post, put and delete', async () => {
    const a = await actionOf('rest', { url: `${peer.url}/x`, method: '{{.d}}' });
    expect(await a.send(...rowsOf('put', 'PATCH', 'CONNECT', 'get /admin HTTP/1.1', '', 'DELETE'))).toEqual(['', no, no, no, no, '']);
    expect(peer.asked.map((r) => r.method)).toEqual(['PUT', 'DELETE']);
  });

  it('bodyType: one of the known types', async () => {
    const a = await actionOf('rest', { url: `${peer.url}/x`, method: 'post', bodyType: '{{.d}}' });
    expect(await a.send(...rowsOf('json', 'text\r\nX: 1', '__proto__', 'text'))).toEqual(['', no, no, '']);
    expect(peer.asked.map((r) => r.headers['content-type'])).toEqual(['application/json', 'text/plain']);
  });

  it("headers: a value is one line, names and framing are the owner's", async () => {
    const a = await actionOf('rest', { url: `${peer.url}/x`, method: 'post', headers: { 'X-Id': '{{.d}}', 'X-Fixed': 'f' } });
    expect(await a.send(...rowsOf('7', 'a\r\nX-Admin: 1', 'a\nb', '\0', 'Größe – 5', 'x'.repeat(9000)))).toEqual(['', no, no, no, '', no]);
    expect(peer.asked.map((r) => r.headers['x-id'])).toEqual(['7', Buffer.from('Größe – 5').toString('latin1')]);
    expect(peer.asked.every((r) => r.headers['x-admin'] === undefined && r.headers['x-fixed'] === 'f')).toBe(true);
    for (const name of ['Host', 'Content-Length', 'Transfer-Encoding'])
      await expect(actionOf('rest', { url: peer.url, headers: { [name]: '{{.d}}' } })).rejects.toThrow('may not hold a template');
  });

  it('formData: a value is a part of its own', async () => {
    const a = await actionOf('rest', { url: `${peer.url}/x`, method: 'post', bodyType: 'formdata', formData: { site: '{{.d}}' } });
    expect(await a.send(...rowsOf('7', '"\r\n--x\r\nContent-Disposition: form-data; name="admin"\r\n\r\n1'))).toEqual(['', '']);
    for (const { headers, body } of peer.asked) {
      const form = await new Response(Buffer.from(body, 'latin1'), { headers: { 'content-type': headers['content-type']! } }).formData();
      expect([...form.keys()].sort()).toEqual(['data', 'site']);
    }
  });
});

describe('mqtt', () => {
  it('topic: a topic to publish to, which the broker takes', async () => {
    const a = await actionOf('mqtt', { server: 'tcp://127.0.0.1:1', topic: '{{.d}}', qos: 0, connectTimeout: 100 });
    expect(await a.send(...rowsOf('a/#', 'a/+/b', '', '$SYS/x', '$share/g/x', 'a\0', 'a\nb', '\ud800', '\uffff', 'x'.repeat(65_536), '/'.repeat(300)))).toEqual(Array(11).fill(no)); // biome-ignore format: one line
  });

  it('properties: values are texts that the broker takes', async () => {
    const a = await actionOf('mqtt', { server: 'tcp://127.0.0.1:1', topic: 't', qos: 0, properties: { k: '{{.d}}' }, connectTimeout: 100 });
    expect(await a.send(...rowsOf('a\nb', '\0', 'x'.repeat(65_536)))).toEqual([no, no, no]);
  });

  it('retained: true only for "true"', async () => {
    const mqtt = (await definitionOf('mqtt')).sink!;
    const sink = mqtt.create();
    await sink.configure!({ server: 'tcp://127.0.0.1:1', topic: 't', retained: '{{.d}}' });
    const published: unknown[] = [];
    const ctx = createTestContext('sink');
    const connection = {
      watch: () => () => undefined,
      publish: (...args: unknown[]) => void published.push(args[3]),
      close: () => undefined,
    };
    await sink.open({ ...ctx, connections: { ...ctx.connections, acquire: () => connection as never } }, () => undefined);
    for (const retained of ['true', true, 'TRUE', '1', 'yes', '']) await sink.collect(ctx, 'x', { retained });
    expect(published).toEqual([true, true, false, false, false, false]);
  });
});

describe('sparkplug', () => {
  it('device: one level of a topic', async () => {
    const a = await actionOf('sparkplug', { server: 'tcp://127.0.0.1:1', group: 'g', node: 'n', device: '{{.d}}', connectTimeout: 100 });
    expect(await a.send(...rowsOf('a/b', '../x', '+', '#', '', '\0', 'x'.repeat(70_000)))).toEqual(Array(7).fill(no));
  });
});

describe('memory', () => {
  it('topic: one topic, no wildcard', async () => {
    const connections = pool();
    const bus = new MemoryBus();
    connections.set('memory|bus', { c: bus, users: 1 });
    const got: string[] = [];
    bus.subscribe({ topic: '#', matches: topicMatcher('#'), onRow: (_row, topic, _kind, _key, done) => (got.push(topic), done()) });
    const a = await actionOf('memory', { topic: 'dev/{{.d}}' }, connections);
    expect(await a.send(...rowsOf('7', '#', '+/x', 'a\0', 'x'.repeat(65_536)))).toEqual(['', no, no, no, no]);
    expect(got).toEqual(['dev/7']);
  });
});

describe('sql', () => {
  const file = () => join(root, 'a.db');
  const query = <T>(text: string): Promise<T[]> =>
    new Promise((resolve, reject) => {
      const db = new sqlite3.Database(file(), (e) => {
        if (e) return reject(e);
        db.all(text, (e2, rows) => db.close(() => (e2 ? reject(e2) : resolve(rows as T[]))));
      });
    });
  beforeEach(async () => {
    await query('CREATE TABLE t_1 (id INTEGER PRIMARY KEY AUTOINCREMENT, d TEXT, "we ird" TEXT)');
    await query('CREATE TABLE secrets (v TEXT)');
    await query("INSERT INTO secrets VALUES ('top')");
  });

  it('table: a plain name, never one of the database itself', async () => {
    const a = await actionOf('sql', { dburl: `sqlite:${file()}`, table: '{{.d}}', fields: ['d'] });
    expect(await a.send(...rowsOf('t_1', 't_1" (d) VALUES (1); DROP TABLE secrets --', 'sqlite_sequence', 'sqlite_master', 'main.t_1', ''))).toEqual(['', no, no, no, no, no]); // biome-ignore format: one line
    expect(await query('SELECT d FROM t_1')).toEqual([{ d: 't_1' }]);
    expect(await query('SELECT v FROM secrets')).toEqual([{ v: 'top' }]);
  });

  it('columns: names of a row are quoted, values are bound', async () => {
    const a = await actionOf('sql', { dburl: `sqlite:${file()}`, table: 't_1' });
    const answers = await a.send({ d: "x'); DROP TABLE secrets; --" }, { 'd") VALUES (1); DROP TABLE secrets; --': 1 }, { nothing: 1 });
    expect([answers[0], answers.slice(1).every((c) => c !== '')]).toEqual(['', true]);
    expect(await query('SELECT d FROM t_1')).toEqual([{ d: "x'); DROP TABLE secrets; --" }]);
    expect(await query('SELECT v FROM secrets')).toEqual([{ v: 'top' }]);
  });

  it('templateSql of a lookup: a value of a message is a literal', async () => {
    await query("INSERT INTO t_1 (d) VALUES ('a'), ('b''c')");
    const table = (await definitionOf('sql')).lookup!.create();
    for (const [templateSql, key, expected] of [
      ["SELECT d FROM t_1 WHERE d = '{{.k}}'", "x' UNION SELECT v FROM secrets --", []],
      ["SELECT d FROM t_1 WHERE d = '{{.k}}'", "b'c", [{ d: "b'c" }]],
      ['SELECT d FROM t_1 WHERE d = {{.k}}', '0 UNION SELECT v FROM secrets', []],
      ['SELECT d FROM t_1 WHERE d = {{.k}}', 'a', [{ d: 'a' }]],
      ['SELECT d FROM t_1 WHERE id >= {{.k}} ORDER BY id LIMIT 1', 1n, [{ d: 'a' }]],
    ] as const) {
      await table.configure!('', { dburl: `sqlite:${file()}`, templateSqlQueryCfg: { templateSql } });
      const ctx = { ...createTestContext(), getRootPath: () => root };
      await table.open(ctx);
      expect(await table.lookup(ctx, [], ['k'], [key]), templateSql).toEqual(expected);
      await table.close(ctx);
    }
  });

  it("dburl: never a database of the gateway's own, for source, sink and lookup", async () => {
    mkdirSync(join(root, 'data'), { recursive: true });
    for (const name of ['sqliteKV.db', 'checkpoint.db', 'cache.db']) {
      const definition = await definitionOf('sql');
      const ctx = { ...createTestContext(), getRootPath: () => root };
      const table = definition.lookup!.create();
      await table.configure!('t', { dburl: `sqlite:data/${name}` });
      await expect(table.open(ctx)).rejects.toThrow('belongs to the gateway');
      const sink = definition.sink!.create();
      await sink.configure!({ dburl: `sqlite:${root}/data/../data/${name}`, table: 't' });
      await expect(sink.open(ctx, () => undefined)).rejects.toThrow('belongs to the gateway');
    }
  });
});

describe('modbus', () => {
  const props = { profile: 'map', unit: '{{.d}}', host: '127.0.0.1', tcpPort: 1 };
  it('unit: one device, on a serial line neither the broadcast nor a reserved number', async () => {
    const sink = (await definitionOf('modbus')).sink!;
    for (const [protocol, bad] of [
      ['tcp', ['256', '-1', '1.5', '', 'x', '1e1', '0x1']],
      ['rtu-over-tcp', ['0', '248', '255', '000', '256']],
    ] as const) {
      const s = sink.create();
      await s.configure!({ ...props, protocol });
      for (const unit of bad) await expect(Promise.resolve().then(() => s.collect({} as never, {}, { unit })), unit).rejects.toMatchObject({ code: no }); // biome-ignore format: one line
    }
  });
});

describe('serial', () => {
  it('payload: one frame, unless several are asked for', async () => {
    const pair = await createPtyPair();
    closers.push(() => pair.close());
    const props = { port: pair.a, framing: 'delimiter', delimiter: '\\n', dataTemplate: 'SET {{.d}}' };
    const a = await actionOf('serial', props);
    expect(await a.send(...rowsOf('1\nREBOOT'))).toEqual([no]);
    const framer = delimiterFraming.create({ delimiter: '\\n', maxFrameBytes: 100 }, () => undefined);
    const frames: string[] = [];
    framer.push(Buffer.from('SET 1\nREBOOT\n'), (f) => frames.push(f.toString()));
    expect(frames).toEqual(['SET 1', 'REBOOT']);
  });
});

describe('httppull', () => {
  it('url: what the peer answered chooses neither host nor path', async () => {
    const source = (await definitionOf('httppull')).source!;
    const s = source.create();
    expect(() => s.configure!('', { url: 'http://{{.next}}/x', states: { next: 'a' } })).toThrow('allowedHosts');
    await s.configure!('', { url: `${peer.url}/page/{{.next}}`, states: { next: '1' }, interval: '1s' });
    peer.answer = (response, n) => void response.end(JSON.stringify({ next: ['2', '../../admin', '3?all=1'][n - 1] ?? '4' }));
    const ctx = {
      ...createTestContext(),
      clock: createVirtualClock(),
      network: { enablePrivateNet: true, dataServer: { ip: '127.0.0.1', port: 0 } },
    };
    const rows: unknown[] = [];
    await s.open(ctx, (row) => void rows.push(row), () => undefined); // biome-ignore format: one line
    closers.push(() => s.close(ctx));
    for (let i = 1; i <= 2; i++) await vi.waitFor(() => expect(rows.length).toBe(i)).then(() => ctx.clock.advance(1000));
    await vi.waitFor(() => expect(ctx.drops.length).toBe(1));
    expect(peer.asked.map((r) => r.path)).toEqual(['/page/1', '/page/2']);
    expect(ctx.drops[0]).toContain('is not below');
  });
});

describe('dataTemplate', () => {
  it('of a sink that takes rows: a value stays the member that it was printed for', async () => {
    const connections = pool();
    const bus = new MemoryBus();
    connections.set('memory|bus', { c: bus, users: 1 });
    const got: Row[] = [];
    bus.subscribe({ topic: 't', matches: topicMatcher('t'), onRow: (row, _t, _k, _key, done) => (got.push(row), done()) });
    const a = await actionOf('memory', { topic: 't', dataTemplate: '{"name":"{{.d}}","n":{{.n}}}' }, connections);
    expect(await a.send({ d: 'x","valve":true,"y":"', n: 1n }, { d: 'a', n: '1,"valve":true' }, { d: 'a', n: 2n })).toEqual([
      '',
      'EVAL_FAILED',
      '',
    ]);
    expect(got).toEqual([
      { name: 'x","valve":true,"y":"', n: 1 },
      { name: 'a', n: 2 },
    ]);
  });

  it('of a sink that takes bytes: prints what it is given, toJson makes JSON of any value', async () => {
    const a = await actionOf('file', { path: 'data/logs/x', dataTemplate: '{"name":{{toJson .d}}}' });
    expect(await a.send(...rowsOf('x","valve":true,"y":"'))).toEqual(['']);
    await a.close();
    expect(JSON.parse(readFileSync(join(root, 'data/logs/x'), 'utf8'))).toEqual({ name: 'x","valve":true,"y":"' });
  });
});

describe('sse and websocket', () => {
  it('a payload with line ends stays one event', async () => {
    const added: { request?(q: unknown, s: unknown): void }[] = [];
    const sink = (await definitionOf('sse')).sink!.create();
    await sink.configure!({ endpoint: '/e' });
    const ctx = {
      ...createTestContext(),
      dataServer: { port: 1, close: () => undefined, add: async (r: never) => (added.push(r), () => undefined) },
    };
    await sink.open(ctx, () => undefined);
    let out = '';
    const response = {
      writableLength: 0,
      writeHead: () => response,
      flushHeaders: () => undefined,
      write: (t: string) => ((out += t), true),
      on: () => response,
      end: () => undefined,
    };
    added[0]!.request!({ method: 'GET', headers: {}, on: () => undefined }, response);
    await sink.collect(ctx, 'a\n\nevent: admin\rid: 1\r\ndata: x');
    expect(out).toBe('data: a\ndata: \ndata: event: admin\ndata: id: 1\ndata: data: x\n\n');
  });
});

describe('a property that is not a dynamic one', () => {
  test('is never filled in, whatever it holds', async () => {
    const a = await actionOf('file', { path: 'data/logs/x', delimiter: '{{.d}}', encProps: undefined });
    expect(await a.send(...rowsOf('a'))).toEqual(['']);
    expect(existsSync(join(root, 'data/logs/x'))).toBe(true);
  });
});

test('one spoiled row of a result costs its own delivery only', async () => {
  const definition = (await definitionOf('memory')).sink!;
  const sent: unknown[] = [];
  const refused: unknown[] = [];
  const transform = await createTransform({ sendSingle: true, topic: 't', dataTemplate: '{"n":{{.n}}}' }, definition, {
    clock: createVirtualClock(),
    log: createMemoryLog().log,
    ruleId: 'r',
    sinkName: 'memory_0',
    timeZone: 'UTC',
    codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
    property: () => undefined,
    output: { item: (data) => void sent.push(data), failed: (result) => void refused.push(...result.rows) },
    touch: () => undefined,
    exception: () => undefined,
  });
  transform.push({ rows: [{ n: 1n }, { n: '1,"x":2' }, { n: 3n }], acks: [], meta: undefined, tsMs: 0 });
  expect(sent).toEqual([{ n: 1 }, { n: 3 }]);
  expect(refused).toEqual([{ n: '1,"x":2' }]);
});

test('every dynamic property of every connector is one that this page tries', async () => {
  const found: string[] = [];
  for (const entry of connectors) {
    const d = await entry.load();
    const specs: readonly OptionSpec[] = [...(d.sink?.options ?? []), ...(d.source?.options ?? []), ...(d.lookup?.options ?? [])];
    for (const name of new Set(specs.filter((s) => s.dynamic).map((s) => s.name))) found.push(`${entry.name} ${name}`);
  }
  const page = readFileSync(new URL(import.meta.url), 'utf8');
  expect(found.length).toBeGreaterThan(12);
  for (const f of found) {
    const [connector, property] = f.split(' ') as [string, string];
    const part = page.split(`\ndescribe('${connector}'`)[1]?.split('\ndescribe(')[0] ?? '';
    expect(part.includes(`it('${property}: `) || part.includes(`it("${property}: `), f).toBe(true);
  }
});
