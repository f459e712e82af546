// Taking over an eKuiper from its folder: its store is read as Go wrote it, and what this gateway cannot have is named before anything is changed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImportReport } from '../../src/service/index.ts';
import { decodeGob } from '../../src/service/transfer/gob.ts';
import { readEkuiper } from '../../src/service/transfer/read-ekuiper-store.ts';
import { makeService } from './make-service.ts';

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
/** A text as gob writes it: length of the message, type 6, a zero, length, bytes. */
const gobText = (text: string): Buffer => {
  const uint = (n: number): Buffer => {
    if (n < 128) return Buffer.from([n]);
    const bytes = [];
    for (let left = n; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
    return Buffer.from([256 - bytes.length, ...bytes]);
  };
  const bytes = Buffer.from(text);
  const body = Buffer.concat([Buffer.from([12, 0]), uint(bytes.length), bytes]);
  return Buffer.concat([uint(body.length), body]);
};
/** map[string]interface{}: server, username, password as texts, qos as a float, as one conf key of eKuiper is stored. */
const KEY = hex(
  `0d7f040102ff8000010c011000006bff8000040673657276657206737472696e670c0c000a7463703a2f2f683a313808757365726e616d6506737472
   696e670c070005706c616e740870617373776f726406737472696e670c0e000c7333637265742d706c616e7403716f7307666c6f61743634080400fef03f`,
);
/** A structure {Id, Desc, Script, IsAgg}, as a script is stored: its type first. */
const SCRIPT = hex(
  `39ff810301010653637269707401ff8200010401024964010c00010444657363010c000106536372697074010c0001054973416767010200000045ff8201
   0461726561011361726561206f6620612072656374616e676c65012566756e6374696f6e206172656128782c207929207b2072657475726e2078202a20793b207d00`,
);

describe('gob', () => {
  test('texts, maps of anything and numbers come out as Go put them in', () => {
    expect(decodeGob(gobText('x'))).toBe('x');
    expect(decodeGob(gobText('ü'.repeat(300)))).toBe('ü'.repeat(300));
    expect(decodeGob(hex('03040008'))).toBe(4);
    expect(decodeGob(SCRIPT)).toEqual({ Id: 'area', Desc: 'area of a rectangle', Script: 'function area(x, y) { return x * y; }' });
    expect(decodeGob(KEY)).toEqual({ server: 'tcp://h:18', username: 'plant', password: 's3cret-plant', qos: 1 });
  });

  test('what is cut or no gob is refused, never read beyond its end', () => {
    for (let n = 0; n < KEY.length; n++) expect(() => decodeGob(KEY.subarray(0, n)), `${n} bytes`).toThrow();
    expect(() => decodeGob(hex('0102030405'))).toThrow();
  });
});

describe('a folder of eKuiper', () => {
  let root: string;
  let withScript = false;
  const make = async () => {
    root = mkdtempSync(join(tmpdir(), 'kuiper-ek-'));
    for (const folder of ['data/uploads/deep', 'data/schemas/protobuf', 'etc/sources']) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'data/uploads/limits.csv'), 'a,1\n');
    writeFileSync(join(root, 'data/uploads/deep/raw.bin'), Buffer.from([0, 255, 1]));
    writeFileSync(join(root, 'data/schemas/protobuf/reading.proto'), 'syntax = "proto3"; message R { string a = 1; }');
    writeFileSync(join(root, 'etc/mqtt_source.yaml'), 'default:\n  server: tcp://old:1883\nlab:\n  server: tcp://lab\n');
    writeFileSync(join(root, 'data/checkpoint.db'), '');
    const db = new sqlite3.Database(join(root, 'data/sqliteKV.db'));
    const run = (sql: string, params: unknown[] = []) =>
      new Promise<void>((resolve, reject) => db.run(sql, params, (e: Error | null) => (e ? reject(e) : resolve())));
    const put = async (table: string, key: string, val: Buffer) => {
      await run(`CREATE TABLE IF NOT EXISTS '${table}'('key' VARCHAR(255) PRIMARY KEY, 'val' BLOB)`);
      await run(`INSERT INTO '${table}' VALUES (?, ?)`, [key, val]);
    };
    const stream = (streamType: number, statement: string) => gobText(JSON.stringify({ streamType, streamKind: '', statement }));
    await put('stream', 'demo', stream(0, 'CREATE STREAM demo () WITH (DATASOURCE="d", TYPE="mqtt", CONF_KEY="plant", FORMAT="JSON")'));
    await put('stream', 'latest', stream(1, 'CREATE TABLE latest () WITH (DATASOURCE="l", TYPE="memory", KIND="lookup", KEY="id")'));
    await put(
      'rule',
      'r',
      gobText(JSON.stringify({ id: 'r', sql: 'SELECT * FROM demo', actions: [{ mqtt: { connectionSelector: 'con1', topic: 't' } }] })),
    );
    await put('confKVStorage', 'sources.mqtt.plant', KEY);
    await put('confKVStorage', 'connections.mqtt.con1', KEY);
    await put('confKVStorage', 'connectionYamlProvision.hash', gobText('x'));
    if (withScript) await put('script', 'area', SCRIPT);
    await put('confKVStorage', 'sources.mqtt.torn', KEY.subarray(0, 40));
    await new Promise<void>((resolve) => db.close(() => resolve()));
  };
  beforeEach(make);
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  // @covers issue:21#4
  test('is read as an export of it would be: statements, rules, keys, connections, files, and the conf keys of etc', async () => {
    const { configuration, notes } = await readEkuiper(root);
    expect(Object.keys(configuration.streams)).toEqual(['demo']);
    expect(Object.keys(configuration.tables)).toEqual(['latest']);
    expect(JSON.parse(configuration.rules['r']!)).toMatchObject({ id: 'r' });
    expect(JSON.parse(configuration.sourceConfig['mqtt']!)).toEqual({
      default: { server: 'tcp://old:1883' },
      lab: { server: 'tcp://lab' },
      plant: { server: 'tcp://h:18', username: 'plant', password: 's3cret-plant', qos: 1 },
    });
    expect(Object.keys(JSON.parse(configuration.connectionConfig['mqtt']!) as object)).toEqual(['con1']);
    expect(Object.keys(configuration.uploads).sort()).toEqual(['deep/raw.bin', 'limits.csv']);
    expect(Object.keys(configuration.Schema)).toEqual(['protobuf_reading']);
    expect(notes).toEqual([
      'confKVStorage sources.mqtt.torn cannot be read: it is cut.',
      'Windows and offsets of rules (checkpoint.db) are not imported: rules start without state.',
    ]);
  });

  test('is taken over with its secrets; its data folder alone will do, and another folder is refused', async () => {
    const { configuration } = await readEkuiper(join(root, 'data'));
    const { call, runtime, close } = await makeService();
    const answer = await call('POST', '/data/import', { content: JSON.stringify(configuration) });
    expect(answer.status, answer.text).toBe(200);
    expect(runtime.rule('r')!.definition.sources('demo').props).toMatchObject({ password: 's3cret-plant', username: 'plant' });
    expect(runtime.rule('r')!.definition.actions[0]!.props).toMatchObject({ password: 's3cret-plant', topic: 't' });
    const { items } = JSON.parse((await call('GET', '/data/import/report')).text) as ImportReport;
    expect(items.filter((i) => i.outcome !== 'created')).toEqual([]);
    await close();
    await expect(readEkuiper(join(root, 'etc'))).rejects.toThrow('there is no sqliteKV.db');
  });

  test('with a function in JavaScript is taken with it; an external service is refused whole, naming it and what to do, and can be left out', async () => {
    rmSync(root, { recursive: true });
    withScript = true;
    await make();
    withScript = false;
    const { configuration } = await readEkuiper(root);
    expect(JSON.parse(configuration.scripts['area']!)).toEqual({
      id: 'area',
      description: 'area of a rectangle',
      script: 'function area(x, y) { return x * y; }',
      isAgg: false,
    });
    const { call, close } = await makeService();
    const content = JSON.stringify({ ...configuration, Service: { sample: '{"name":"sample"}' } });
    const refused = await call('POST', '/data/import', { content });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('service sample: file is missing');
    expect(JSON.parse((await call('GET', '/rules')).text)).toEqual([]);
    expect((await call('GET', '/udf/javascript')).text).toBe('[]');
    expect((await call('POST', '/data/import?onError=skip', { content })).status).toBe(200);
    expect(JSON.parse((await call('GET', '/rules')).text)).toMatchObject([{ id: 'r' }]);
    expect(JSON.parse((await call('GET', '/udf/javascript/area')).text)).toMatchObject({ script: 'function area(x, y) { return x * y; }' });
    await close();
  });
});
