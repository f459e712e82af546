// What the kinds of sinks say of their errors: the peer is away, it failed on this row, or the row is never taken. And what replaces what.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { describe, expect, it } from 'vitest';
import { answeredError } from '../../src/base/errors/gateway-error.ts';
import memory from '../../src/connectors/memory/index.ts';
import mqtt from '../../src/connectors/mqtt/index.ts';
import rest from '../../src/connectors/rest/index.ts';
import sql from '../../src/connectors/sql/index.ts';
import type { ComponentContext } from '../../src/contract/context.ts';
import type { Props } from '../../src/contract/props.ts';
import type { SinkData, SinkDefinition } from '../../src/contract/sink.ts';
import type { PluginWorker } from '../../src/plugin-host/remote/plugin-worker.ts';
import type { RemotePlugin } from '../../src/plugin-host/remote/remote-instance.ts';
import { createRemoteSink } from '../../src/plugin-host/remote/remote-sink.ts';
import { verdictOf } from '../../src/runtime/sink/verdict.ts';
import { createTestContext } from '../helpers/connector-context.ts';
import { startHttpPeer } from '../helpers/http-peer.ts';

const errorOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
};

// @covers issue:14#7
describe('the verdict on an error', () => {
  it('an error that the peer answered is retriable and marked, and says so to nobody else', () => {
    const error = answeredError('500', new Error('cause'));
    expect([error.code, error.retriable, error.answered, error.message]).toEqual(['IO_FAILED', true, true, '500']);
  });

  it('of a REST sink: 408, 429, 503 and silence are away, another 5xx is a fault, the rest is final', async () => {
    const peer = await startHttpPeer();
    const sink = rest.sink!.create();
    await sink.configure!({ url: peer.url, method: 'post', timeout: '20s' });
    const ctx = { ...createTestContext(), network: { enablePrivateNet: true, dataServer: { ip: '127.0.0.1', port: 0 } } };
    await sink.open(ctx, () => undefined);
    const verdicts: Record<string, string> = {};
    for (const status of [400, 401, 404, 408, 413, 422, 429, 500, 501, 502, 503, 504]) {
      peer.answer = (r) => {
        r.statusCode = status;
        r.end();
      };
      verdicts[status] = verdictOf(await errorOf(() => sink.collect(ctx, '1')));
    }
    peer.answer = () => undefined;
    const hasty = rest.sink!.create();
    await hasty.configure!({ url: peer.url, method: 'post', timeout: '100ms' });
    await hasty.open(ctx, () => undefined);
    verdicts['silent'] = verdictOf(await errorOf(() => hasty.collect(ctx, '1')));
    await hasty.close(ctx);
    await peer.close();
    verdicts['refused'] = verdictOf(await errorOf(() => sink.collect(ctx, '1')));
    await sink.close(ctx);
    const [final, away, fault] = ['final', 'away', 'fault'];
    expect(verdicts).toEqual({
      400: final, 401: final, 404: final, 408: away, 413: final, 422: final, 429: away,
      500: fault, 501: fault, 502: fault, 503: away, 504: fault, silent: away, refused: away,
    }); // biome-ignore format: a table
  });

  it('of a SQL sink: a constraint and a missing table are final, a locked or read-only database is away', async () => {
    const root = mkdtempSync(join(tmpdir(), 'kuiper-not-taken-'));
    const file = join(root, 'x.db');
    const db = new sqlite3.Database(file);
    const exec = (text: string) => new Promise<void>((resolve, reject) => db.exec(text, (e) => (e ? reject(e) : resolve())));
    await exec('CREATE TABLE t (a INTEGER PRIMARY KEY CHECK (a < 10)); CREATE VIEW v AS SELECT * FROM t');
    const ctx = createTestContext();
    const write = async (table: string, a: unknown) => {
      const sink = sql.sink!.create();
      await sink.configure!({ dburl: `sqlite:${file}`, table });
      await sink.open(ctx, () => undefined);
      const error = await errorOf(() => sink.collect(ctx, { a } as never));
      await sink.close(ctx);
      return error && verdictOf(error);
    };
    expect(await write('t', 1n)).toBeUndefined();
    expect([await write('t', 1n), await write('t', 11n), await write('t', 'text'), await write('nope', 1n)]).toEqual([
      'final',
      'final',
      'final',
      'final',
    ]);
    await exec('PRAGMA user_version = 1; BEGIN EXCLUSIVE');
    expect(await write('t', 2n)).toBe('away');
    await exec('COMMIT');
    await new Promise((resolve) => db.close(resolve));
    rmSync(root, { recursive: true });
  });

  it('of a plugin sink: an exception is a fault, `retriable` says otherwise, a worker that is gone or stalls is away', async () => {
    let answer: () => Promise<unknown> = async () => undefined;
    const worker = {
      start: async () => ({}),
      attach: () => 1,
      detach: () => undefined,
      call: (_id: number, method: string) => (method === 'collect' ? answer() : Promise.resolve()),
    } as unknown as PluginWorker;
    const plugin = {
      kind: 'sinks',
      name: 'p',
      version: { worker, symbols: { main: 'P', lookup: 'PLookup' }, singleton: { main: false, lookup: false } },
      instances: new Set(),
      clock: { setTimer: () => ({ timer: 0 }), clear: () => undefined, sleep: () => new Promise(() => undefined) },
    } as unknown as RemotePlugin;
    const context = {
      getRuleId: () => 'r',
      getOpId: () => 'o',
      getInstanceId: () => 0,
      getRootPath: () => '/',
    } as unknown as ComponentContext;
    const sink = createRemoteSink(plugin);
    const verdict = async (error: object) => {
      answer = () => Promise.reject(error);
      return verdictOf(await errorOf(() => sink.collect(context, { a: 1 } as never)));
    };
    await sink.configure!({});
    await sink.open(context, () => undefined);
    expect(await verdict(new Error('no threes'))).toBe('fault');
    expect(await verdict(Object.assign(new Error('peer away'), { retriable: true }))).toBe('away');
    expect(await verdict(Object.assign(new Error('never'), { retriable: false }))).toBe('final');
    expect(await verdict(Object.assign(new Error('ended'), { code: 'PLUGIN_STALLED', retriable: true }))).toBe('away');
    await sink.close(context);
    expect(verdictOf(await errorOf(() => sink.collect(context, { a: 1 } as never)))).toBe('away');
  });
});

describe('what an item replaces at its destination', () => {
  const keys = (sink: SinkDefinition | undefined, props: Props, data: unknown, dynamic?: Record<string, unknown>) =>
    sink?.replaces?.(props)?.(data as SinkData, dynamic);

  it('is the topic of a retained MQTT message', () => {
    expect(keys(mqtt.sink, { topic: 't' }, 'x')).toBeUndefined();
    expect(keys(mqtt.sink, { topic: 't', retained: true }, 'x')).toEqual(['t']);
    expect(keys(mqtt.sink, { topic: '{{.t}}', retained: true }, 'x', { topic: 'u' })).toEqual(['u']);
    expect(keys(mqtt.sink, { topic: 't', retained: '{{.r}}' }, 'x', { retained: 'true' })).toEqual(['t']);
    expect(keys(mqtt.sink, { topic: 't', retained: '{{.r}}' }, 'x', { retained: 'false' })).toEqual([]);
  });

  it('is the row of a table with its key, in sql with kinds of rows and in memory', () => {
    const rows = [{ id: 1n }, { id: 'b' }, { other: 1n }];
    expect(keys(sql.sink, { table: 't' }, rows)).toBeUndefined();
    expect(keys(sql.sink, { table: 't', keyField: 'id' }, rows)).toBeUndefined();
    expect(keys(sql.sink, { table: 't', keyField: 'id', rowkindField: 'k' }, rows)).toEqual(['t id=1', 't id=b']);
    expect(keys(sql.sink, { table: 't', keyField: 'id', rowkindField: 'k' }, { id: 2n }, { table: 'u' })).toEqual(['u id=2']);
    expect(keys(memory.sink, { topic: 't' }, rows)).toBeUndefined();
    expect(keys(memory.sink, { topic: 't', keyField: 'id' }, rows)).toEqual(['t id=1', 't id=b']);
    expect(keys(memory.sink, { topic: 't', keyField: 'id' }, { id: 2n }, { topic: 'u' })).toEqual(['u id=2']);
  });

  it('is the address of an HTTP put or delete', () => {
    expect(keys(rest.sink, { url: 'http://h/1', method: 'post' }, 'x')).toBeUndefined();
    expect(keys(rest.sink, { url: 'http://h/1' }, 'x')).toBeUndefined();
    expect(keys(rest.sink, { url: 'http://h/1', method: 'PUT' }, 'x')).toEqual(['http://h/1']);
    expect(keys(rest.sink, { url: 'http://h/{{.i}}', method: 'delete' }, 'x', { url: 'http://h/2' })).toEqual(['http://h/2']);
    expect(keys(rest.sink, { url: 'http://h/1', method: '{{.m}}' }, 'x', { method: 'put' })).toEqual(['http://h/1']);
    expect(keys(rest.sink, { url: 'http://h/1', method: '{{.m}}' }, 'x', { method: 'post' })).toEqual([]);
  });
});
