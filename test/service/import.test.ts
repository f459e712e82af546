// An import is one change: all of it or nothing, with a report, object by object, and a copy of what there was.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImportReport } from '../../src/service/index.ts';
import { makeService } from './make-service.ts';

type Made = Awaited<ReturnType<typeof makeService>>;
let made: Made;

const DEMO = 'CREATE STREAM demo () WITH (DATASOURCE="a", FORMAT="JSON")';
const OTHER = 'CREATE STREAM other () WITH (DATASOURCE="b", FORMAT="JSON")';
const rule = (id: string, more: object = {}) => JSON.stringify({ id, sql: 'SELECT * FROM demo', actions: [{ log: {} }], ...more });
const PROTO = 'syntax = "proto3"; message Reading { string device = 1; }';

beforeEach(async () => {
  made = await makeService();
  await made.sql(DEMO);
  await made.call('POST', '/rules', rule('important'));
  await made.call('PUT', '/metadata/sources/mqtt/confKeys/plant', { server: 'tcp://plant', password: 'old-secret' });
  await made.call('POST', '/connections', { id: 'con1', typ: 'mqtt', props: { server: 'tcp://x', password: 'con-secret' } });
  await made.call('POST', '/config/uploads', { name: 'limits.csv', content: 'a,1' });
  await made.call('POST', '/schemas/protobuf', { name: 'reading', content: PROTO });
});
afterEach(() => made.close());

/** Everything that an import could touch: rows, files, what runs. */
const stateOf = ({ store, root, runtime }: Made) => ({
  rows: [...store.tables].filter(([t]) => t !== 'transfer').map(([t, rows]) => [t, [...rows].sort()]),
  files: filesIn(join(root, 'data')).filter(([name]) => !/^(backups\/|gateway-id)/.test(name)),
  calls: [...runtime.calls],
});
const filesIn = (folder: string): [string, string][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e): [string, string] => [join(e.parentPath, e.name).slice(folder.length + 1), readFileSync(join(e.parentPath, e.name), 'utf8')])
    .sort(([a], [b]) => (a < b ? -1 : 1));
const importing = (set: object, query = '') => made.call('POST', `/data/import${query}`, { content: JSON.stringify(set) });
const report = async (): Promise<ImportReport> => JSON.parse((await made.call('GET', '/data/import/report')).text) as ImportReport;

const GOOD = {
  streams: { other: OTHER },
  tables: {},
  rules: { next: rule('next', { sql: 'SELECT * FROM other' }) },
  sourceConfig: { mqtt: JSON.stringify({ plant: { server: 'tcp://new' } }) },
  connectionConfig: { mqtt: JSON.stringify({ con2: { server: 'tcp://y' } }) },
  uploads: { 'limits.csv': JSON.stringify({ name: 'limits.csv', content: 'a,2' }), 'new.csv': JSON.stringify({ content: 'n' }) },
  Schema: { protobuf_reading: JSON.stringify({ type: 'protobuf', name: 'reading', content: PROTO.replace('device', 'unit') }) },
};

describe('a refused import', () => {
  // @covers issue:21#3
  // @covers finding:ease#B5
  test.each(['', '?partial=1'])('leaves rows, files and what runs as they were, though most of it was good%s', async (query) => {
    const before = stateOf(made);
    const answer = await importing({ ...GOOD, rules: { ...GOOD.rules, bad: rule('bad', { sql: 'SELECT * FROM nowhere' }) } }, query);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('fail to get stream nowhere');
    expect(stateOf(made)).toEqual(before);
    expect((await made.call('GET', '/schemas/protobuf/reading')).text).toContain('device');
    expect(existsSync(join(made.root, 'data/transfer'))).toBe(false);
    const { applied, items } = await report();
    expect(applied).toBe(false);
    expect(items.filter((i) => i.outcome === 'refused')).toEqual([
      { part: 'rules', name: 'bad', outcome: 'refused', reason: expect.stringContaining('fail to get stream nowhere') },
    ]);
  });

  test('leaves everything as it was when the store fails at the very transaction', async () => {
    const before = stateOf(made);
    const real = made.store.commit;
    made.store.commit = async (changes) => {
      if (changes.some((c) => c.table === 'transfer')) throw new Error('the disk is full');
      return real(changes);
    };
    const answer = await importing(GOOD);
    made.store.commit = real;
    expect(answer.text).toContain('the disk is full');
    expect(answer.status).toBe(400);
    expect(stateOf(made)).toEqual(before);
    // and the next one goes through
    expect((await importing(GOOD)).status).toBe(200);
  });

  test.each([
    ['no object of texts', { rules: { a: 5 } }],
    ['a list in the place of conf keys', { sourceConfig: { mqtt: '[]', http: '"x"' } }],
    ['an upload that leads out', { uploads: { '../../evil': '{"content":"x"}' } }],
    ['a schema that is none', { Schema: { protobuf_x: '{"content":"nope"}' } }],
    ['a lower version', { rules: { important: rule('important', { version: '' }) }, Schema: { custom_x: '{}' } }],
  ])('says what is wrong with %s and changes nothing', async (_what, set) => {
    const before = stateOf(made);
    expect((await importing(set, '?partial=1')).status).toBe(400);
    expect(stateOf(made)).toEqual(before);
  });
});

describe('an import', () => {
  // @covers issue:21#3
  test.each(['{}', '{"something":1}', '{"rules":null}'])('of %s wipes nothing', async (content) => {
    const before = stateOf(made);
    const answer = await made.call('POST', '/data/import', { content });
    expect(answer.status).toBe(200);
    expect(stateOf(made)).toEqual(before);
    expect((await report()).applied).toBe(false);
    expect((await report()).notes).toEqual(['The import names no part of a configuration; nothing was changed.']);
  });

  // @covers issue:21#3
  test('in full, or of a backup without secrets, leaves secrets with a name: neither says anything about them', async () => {
    expect((await made.call('PUT', '/secrets/broker', { value: 'by-name' })).status).toBe(200);
    const uses = rule('uses', { actions: [{ mqtt: { server: 'tcp://x', topic: 't', password: '${secret:broker}' } }] });
    expect((await made.call('POST', '/rules', uses)).status).toBe(201);
    const { text } = await made.call('GET', '/data/export');
    expect(text).toContain('${secret:broker}');
    const answer = await made.call('POST', '/data/import', { content: text });
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.parse((await made.call('GET', '/secrets')).text)).toEqual([expect.objectContaining({ name: 'broker', rules: ['uses'] })]);
    const file = await made.service.backup.create({ withoutSecrets: true });
    const restored = await made.call('POST', '/restore', { backup: file.toString('base64') });
    expect(restored.status, restored.text).toBe(200);
    const clear = JSON.parse((await made.call('POST', '/data/export/ekuiper')).text) as { rules: { uses: string } };
    expect(clear.rules.uses).toContain('"by-name"');
  });

  test('in full makes the gateway what it says, and tells of every object what became of it', async () => {
    expect((await importing(GOOD)).status).toBe(200);
    const { applied, items } = await report();
    expect(applied).toBe(true);
    expect(items).toEqual([
      { part: 'Schema', name: 'protobuf_reading', outcome: 'created' },
      { part: 'uploads', name: 'limits.csv', outcome: 'created' },
      { part: 'uploads', name: 'new.csv', outcome: 'created' },
      { part: 'streams', name: 'other', outcome: 'created' },
      { part: 'streams', name: 'demo', outcome: 'removed' },
      { part: 'rules', name: 'next', outcome: 'created' },
      { part: 'rules', name: 'important', outcome: 'removed' },
      { part: 'sourceConfig', name: 'mqtt.plant', outcome: 'changed' },
      { part: 'connectionConfig', name: 'mqtt.con2', outcome: 'created' },
      { part: 'connectionConfig', name: 'mqtt.con1', outcome: 'removed' },
    ]);
    expect(made.runtime.calls.slice(-2)).toEqual(['delete important', 'start next']);
    expect(JSON.parse((await made.call('GET', '/rules')).text)).toMatchObject([{ id: 'next' }]);
    expect(readFileSync(join(made.root, 'data/uploads/limits.csv'), 'utf8')).toBe('a,2');
    expect((await made.call('GET', '/schemas/protobuf/reading')).text).toContain('unit');
    expect(JSON.parse((await made.call('GET', '/connections')).text)).toMatchObject([{ id: 'con2', typ: 'mqtt' }]);
    expect(made.store.tables.get('confKey')!.get('sources.mqtt.plant')).toBe('{"server":"tcp://new"}');
  });

  test('in part keeps what it does not name, and leaves rules alone that are the same', async () => {
    const set = { ...GOOD, rules: { ...GOOD.rules, important: rule('important') } };
    const calls = made.runtime.calls.length;
    expect((await importing(set, '?partial=1')).status).toBe(200);
    expect(made.runtime.calls.slice(calls)).toEqual(['start next']);
    expect(JSON.parse((await made.call('GET', '/streams')).text)).toEqual(['demo', 'other']);
    const { items } = await report();
    expect(items.find((i) => i.name === 'important')).toEqual({ part: 'rules', name: 'important', outcome: 'unchanged' });
    expect(items.filter((i) => i.outcome === 'removed')).toEqual([]);
  });

  test('that changes a conf key takes the rules along that read by it', async () => {
    await made.sql('CREATE STREAM keyed () WITH (DATASOURCE="c", TYPE="mqtt", CONF_KEY="plant", FORMAT="JSON")');
    await made.call('POST', '/rules', rule('keyed', { sql: 'SELECT * FROM keyed' }));
    const calls = made.runtime.calls.length;
    await importing({ sourceConfig: { mqtt: JSON.stringify({ plant: { server: 'tcp://new' } }) } }, '?partial=1');
    expect(made.runtime.calls.slice(calls)).toEqual(['update keyed']);
  });

  // @covers finding:parity#2
  test('names each secret that did not come with it', async () => {
    await importing(
      {
        rules: { r: rule('r', { actions: [{ mqtt: { server: 'tcp://x', topic: 't', password: '******' } }] }) },
        sourceConfig: { mqtt: JSON.stringify({ plant: { password: '******' }, fresh: { headers: { Authorization: '******' } } }) },
        connectionConfig: { mqtt: JSON.stringify({ con1: { server: 'tcp://x', password: '******' }, con3: { password: '******' } }) },
      },
      '?partial=1',
    );
    const missing = (await report()).items.filter((i) => i.missing).map((i) => [i.part, i.name, i.missing]);
    expect(missing).toEqual([
      ['rules', 'r', ['actions/0/mqtt/password']],
      ['sourceConfig', 'mqtt.fresh', ['headers/Authorization']],
      ['connectionConfig', 'mqtt.con3', ['password']],
    ]);
    // what the gateway knows already is put in
    expect(made.store.tables.get('confKey')!.get('sources.mqtt.plant')).toBe('{"password":"old-secret"}');
    expect(made.store.tables.get('connection')!.get('con1')).toContain('con-secret');
  });

  test('in a dry run tells what would change and changes nothing', async () => {
    const before = stateOf(made);
    const answer = await importing(GOOD, '?dryRun=1');
    const { applied, items } = JSON.parse(answer.text) as ImportReport;
    expect(applied).toBe(false);
    expect(items.find((i) => i.name === 'important')!.outcome).toBe('removed');
    expect(stateOf(made)).toEqual(before);
    expect((await made.call('GET', '/data/import/report')).text).toBe('null');
  });

  test('with onError=skip leaves out what is refused, and says so', async () => {
    const set = { rules: { good: rule('good'), bad: rule('bad', { sql: 'SELECT * FROM nowhere' }), hot: '' }, scripts: { area: '{}' } };
    expect((await importing(set, '?partial=1')).status).toBe(400);
    const answer = await importing(set, '?partial=1&onError=skip');
    expect(answer.status).toBe(200);
    expect(Object.keys((JSON.parse(answer.text) as { ConfigResponse: { rules: object } }).ConfigResponse.rules)).toEqual(['bad']);
    const { items } = await report();
    expect(items.filter((i) => i.outcome !== 'unchanged').map((i) => [i.part, i.name, i.outcome])).toEqual([
      ['scripts', 'area', 'refused'],
      ['rules', 'bad', 'refused'],
      ['rules', 'hot', 'left out'],
      ['rules', 'good', 'created'],
    ]);
    expect(JSON.parse((await made.call('GET', '/rules')).text)).toHaveLength(2);
  });

  // @covers issue:21#3
  test('keeps a copy of what there was, and the last one can be restored', async () => {
    const before = stateOf(made);
    expect((await made.call('POST', '/restore', { last: true })).text).toContain('nothing was imported or restored yet');
    await importing(GOOD);
    expect(JSON.parse((await made.call('GET', '/backup/copies')).text)).toHaveLength(1);
    const answer = await made.call('POST', '/restore', { last: true });
    expect(answer.status, answer.text).toBe(200);
    const after = stateOf(made);
    expect(after.rows.filter(([, rows]) => rows!.length > 0)).toEqual(before.rows.filter(([, rows]) => rows!.length > 0));
    expect(after.files).toEqual(before.files);
    expect(JSON.parse((await made.call('GET', '/rules')).text)).toMatchObject([{ id: 'important', status: 'running' }]);
  });

  test('keeps the three newest copies, also when the clock is set back', async () => {
    for (let i = 0; i < 5; i++) await importing({ uploads: { x: JSON.stringify({ content: `${i}` }) } }, '?partial=1');
    const names = JSON.parse((await made.call('GET', '/backup/copies')).text) as string[];
    expect(names).toHaveLength(3);
    const answer = await made.call('POST', '/restore', { last: true });
    expect(answer.status, answer.text).toBe(200);
    expect(readFileSync(join(made.root, 'data/uploads/x'), 'utf8')).toBe('3');
  });

  test('nothing is imported when the copy cannot be kept', async () => {
    const before = stateOf(made);
    writeFileSync(join(made.root, 'data/backups'), 'a file in the way');
    const answer = await importing(GOOD);
    expect(answer.status).not.toBe(200);
    expect(stateOf(made)).toMatchObject({ rows: before.rows, calls: before.calls });
    expect(readFileSync(join(made.root, 'data/uploads/limits.csv'), 'utf8')).toBe('a,1');
  });
});

describe('connections', () => {
  // @covers finding:parity#3
  test('come in as eKuiper writes them, and rules that select them are accepted', async () => {
    const selecting = rule('sel', { actions: [{ mqtt: { connectionSelector: 'conX', topic: 't' } }] });
    const set = {
      connectionConfig: { mqtt: JSON.stringify({ conX: { server: 'tcp://h:1883', password: 'p' } }) },
      rules: { sel: selecting },
    };
    expect((await importing(set, '?partial=1')).status).toBe(200);
    expect(JSON.parse((await made.call('GET', '/connections/conX')).text)).toMatchObject({
      id: 'conX',
      typ: 'mqtt',
      props: { server: 'tcp://h:1883' },
    });
    const { connectionConfig } = JSON.parse((await made.call('GET', '/data/export')).text) as { connectionConfig: Record<string, string> };
    expect(JSON.parse(connectionConfig['mqtt']!)).toEqual({
      con1: { server: 'tcp://x', password: '******' },
      conX: { server: 'tcp://h:1883', password: '******' },
    });
  });

  test('come in as 0.1.0 wrote them', async () => {
    const set = { connectionConfig: { 'connection.c2': JSON.stringify({ id: 'c2', typ: 'mqtt', props: { server: 'tcp://z' } }) } };
    expect((await importing(set, '?partial=1')).status).toBe(200);
    expect(JSON.parse((await made.call('GET', '/connections/c2')).text)).toMatchObject({ typ: 'mqtt', props: { server: 'tcp://z' } });
  });

  // @covers finding:parity#3
  test('a conf key of connections is a connection: made, listed, selected, removed', async () => {
    const key = '/metadata/connections/mqtt/confKeys/ckc';
    expect((await made.call('PUT', key, { server: 'tcp://k', password: 'hidden' })).status).toBe(200);
    expect(JSON.parse((await made.call('GET', '/metadata/connections/yaml/mqtt')).text)).toMatchObject({
      ckc: { server: 'tcp://k', password: '******' },
    });
    expect(JSON.parse((await made.call('GET', '/connections/ckc')).text)).toMatchObject({ typ: 'mqtt' });
    expect(
      (await made.call('POST', '/rules', rule('sel', { actions: [{ mqtt: { connectionSelector: 'ckc', topic: 't' } }] }))).status,
    ).toBe(201);
    await made.call('DELETE', '/rules/sel');
    expect((await made.call('DELETE', key)).status).toBe(200);
    expect((await made.call('GET', '/connections/ckc')).status).toBe(400);
  });

  test('conf keys of connections that an earlier version kept become connections at the start', async () => {
    const { store } = made;
    store.tables.get('confKey')!.set('connections.mqtt.old', '{"server":"tcp://old"}');
    await made.close();
    made = await makeService(store);
    expect(JSON.parse((await made.call('GET', '/connections/old')).text)).toMatchObject({ typ: 'mqtt', props: { server: 'tcp://old' } });
    expect(store.tables.get('confKey')!.has('connections.mqtt.old')).toBe(false);
  });
});

test('a folder of plugins is not looked at when an import brings none', async () => {
  mkdirSync(join(made.root, 'plugins/functions'), { recursive: true });
  writeFileSync(join(made.root, 'plugins/functions/mine.ts'), 'export class Mine { exec() { return 1; } }');
  await importing({ rules: { bad: '{}' } });
  expect(readFileSync(join(made.root, 'plugins/functions/mine.ts'), 'utf8')).toContain('Mine');
});
