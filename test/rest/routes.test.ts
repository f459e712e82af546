// Routes that no recorded step covers: uploads, YAML, schemas by form, metadata, trials, health, metrics.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isInternalAddress } from '../../src/base/net-guard.ts';
import { openMetricsServer } from '../../src/rest/metrics-server.ts';
import { makeService } from '../service/make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
beforeEach(async () => {
  made = await makeService();
});
afterEach(() => made.close());

const form = (field: string, file: string, content: string) => ({
  body: `--form7MA4YWxkTrZu\r\nContent-Disposition: form-data; name="${field}"; filename="${file}"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n--form7MA4YWxkTrZu--\r\n`,
  headers: { 'content-type': 'multipart/form-data; boundary=form7MA4YWxkTrZu' },
});

describe('uploads', () => {
  test('JSON and form; listed, overwritten, deleted', async () => {
    const path = `${made.root}/data/uploads/sub/a.txt`;
    expect(await made.call('POST', '/config/uploads', { name: 'sub/a.txt', content: 'one' })).toMatchObject({ status: 201, text: path });
    const { body, headers } = form('uploadFile', 'b.txt', 'two');
    expect((await made.call('POST', '/config/uploads', body, headers)).status).toBe(201);
    expect(JSON.parse((await made.call('GET', '/config/uploads')).text)).toEqual([`${made.root}/data/uploads/b.txt`, path]);
    expect((await made.call('DELETE', '/config/uploads/b.txt')).text).toBe('ok');
    expect(JSON.parse((await made.call('GET', '/data/export')).text)).toMatchObject({
      uploads: { 'sub/a.txt': '{"name":"sub/a.txt","content":"one"}' },
    });
  });

  test.for(['../x', '/etc/passwd', 'a/../../x', '..', 'a\u0000b'])('a name that leads out is refused: %s', async (name) => {
    const { status, text } = await made.call('POST', '/config/uploads', { name, content: 'x' });
    expect([status, text.includes('leads out of the folder')]).toEqual([400, true]);
  });

  test('an upload by file:// and what is missing', async () => {
    expect((await made.call('POST', '/config/uploads', { name: 'a', file: 'file:///nowhere/x' })).text).toContain(
      'Upload error: getFile has error: fail to download file',
    );
    expect((await made.call('POST', '/config/uploads', { name: 'a' })).text).toContain('content or FilePath is required');
    expect((await made.call('POST', '/config/uploads', { content: 'a' })).text).toContain('name is required');
  });
});

describe('downloads', () => {
  test.for([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ])('%s is internal', (address) => expect(isInternalAddress(address)).toBe(true));
  test.for(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is not', (address) =>
    expect(isInternalAddress(address)).toBe(false),
  );
});

describe('YAML', () => {
  test('export, import elsewhere, export: the same', async () => {
    await made.sql('CREATE STREAM s () WITH (DATASOURCE="a")');
    await made.call('POST', '/rules', { id: 'r', sql: 'SELECT * FROM s', actions: [{ log: {} }] });
    await made.call('PUT', '/metadata/sources/mqtt/confKeys/k', { server: 'tcp://k' });
    const { text } = await made.call('GET', '/v2/data/export');
    expect(text).toContain('streams:\n  s:\n    sql: CREATE STREAM s () WITH (DATASOURCE="a")');
    expect(text).toContain('sources.mqtt.k:\n    server: tcp://k');
    await made.close();
    made = await makeService();
    expect(await made.call('POST', '/v2/data/import', { content: text })).toMatchObject({ status: 200, text: 'success' });
    expect((await made.call('GET', '/v2/data/export')).text).toBe(text);
    expect((await made.call('POST', '/v2/data/import', { content: 'a: [' })).status).toBe(400);
  });
});

describe('schemas', () => {
  test('upload by form: 201 new, 200 again, 415 for anything else, JSON errors', async () => {
    const { body, headers } = form('file', 'x.proto', 'syntax = "proto3"; message A { string b = 1; }');
    const first = await made.call('PUT', '/schemas/protobuf/x/upload', body, headers);
    expect([first.status, JSON.parse(first.text), first.reply.headers]).toEqual([
      201,
      { type: 'protobuf', name: 'x' },
      { Location: '/schemas/protobuf/x' },
    ]);
    expect((await made.call('PUT', '/schemas/protobuf/x/upload', body, headers)).status).toBe(200);
    expect((await made.call('PUT', '/schemas/protobuf/x/upload', '{}', { 'content-type': 'application/json' })).status).toBe(415);
    const other = form('other', 'x.proto', 'x');
    expect((await made.call('PUT', '/schemas/protobuf/x/upload', other.body, other.headers)).text).toContain(
      'Invalid multipart body: file field is required',
    );
  });

  test('a schema that is not a protobuf is refused and not stored', async () => {
    expect((await made.call('POST', '/schemas/protobuf', { name: 'bad', content: 'message {' })).status).toBe(400);
    expect((await made.call('GET', '/schemas/protobuf')).text).toBe('[]');
  });

  test('unknown types and names that lead out', async () => {
    expect((await made.call('GET', '/schemas/nope')).status).toBe(400);
    expect((await made.call('POST', '/schemas/protobuf', { name: '../x', content: 'syntax = "proto3";' })).status).toBe(400);
    expect((await made.call('POST', '/schemas/custom', { name: 'x', content: 'y' })).text).toContain('Go plugins');
  });
});

describe('metadata', () => {
  test('sources, sinks, functions and their properties come from the definitions', async () => {
    expect((JSON.parse((await made.call('GET', '/metadata/sinks')).text) as { name: string }[]).map((s) => s.name)).toContain('mqtt');
    const mqtt = JSON.parse((await made.call('GET', '/metadata/sources/mqtt')).text) as {
      properties: { default: { name: string; default: unknown }[] };
    };
    expect(mqtt.properties.default.map((p) => p.name)).toContain('server');
    const groups = JSON.parse((await made.call('GET', '/metadata/functions')).text) as { functions: { name: string }[] }[];
    expect(groups.flatMap((g) => g.functions.map((f) => f.name))).toEqual(expect.arrayContaining(['abs', 'count', 'lag']));
    expect(JSON.parse((await made.call('GET', '/metadata/sources/nope')).text)).toEqual({
      error: 5000,
      message: 'This plugin was not found:nope',
    });
  });

  test('passwords of conf keys are not returned', async () => {
    await made.call('PUT', '/metadata/sources/mqtt/confKeys/k', { server: 'tcp://k', password: 'hidden' });
    expect((await made.call('GET', '/metadata/sources/yaml/mqtt')).text).not.toContain('hidden');
    expect((await made.call('GET', '/metadata/resource')).text).not.toContain('hidden');
    expect(JSON.parse((await made.call('GET', '/metadata/resources')).text)).toEqual({ sources: [{ k: 'mqtt' }], sinks: null });
  });

  test('passwords of connections are not returned', async () => {
    await made.call('POST', '/connections', { id: 'c', typ: 'mqtt', props: { server: 'tcp://c', password: 'hidden' } });
    expect((await made.call('GET', '/connections/c')).text).not.toContain('hidden');
    expect((await made.call('GET', '/data/export')).text).not.toContain('hidden');
  });
});

describe('the server', () => {
  test('PATCH /configs changes the level, and nothing when a member is wrong', async () => {
    expect((await made.call('PATCH', '/configs', { logLevel: 'debug', timezone: 'Europe/Berlin' })).status).toBe(204);
    expect((await made.call('PATCH', '/configs', { logLevel: 'loud' })).status).toBe(400);
    expect((await made.call('PATCH', '/configs', { timezone: 'Mars/Base' })).text).toContain('Invalid TZ: unknown time zone Mars/Base');
    expect((await made.call('PATCH', '/configs', '{')).text).toContain('Invalid JSON');
  });

  test('stop is told to the daemon after the answer', async () => {
    const { reply } = await made.call('POST', '/stop');
    expect(made.stops).toEqual([]);
    reply.afterSent!();
    expect(made.stops).toEqual([0]);
  });

  // @covers finding:parity#16
  test('a batch runs its calls in order and does not stop at a failure', async () => {
    const batch = [
      { method: 'POST', path: '/streams', body: '{"sql":"CREATE STREAM s () WITH (DATASOURCE=\\"a\\")"}' },
      { method: 'GET', path: '/streams/none' },
      { method: 'GET', path: '/streams' },
      { method: 'POST', path: '/batch/req', body: '[]' },
    ];
    expect(JSON.parse((await made.call('POST', '/batch/req', batch)).text)).toMatchObject([
      { code: 201, response: expect.stringContaining('Stream s is created.') as string },
      { code: 400, response: expect.stringContaining('3000') as string },
      { code: 200, response: '["s"]\n' },
      { code: 400 },
    ]);
  });

  test('an import in the background is asked for by its id', async () => {
    const { id } = JSON.parse(
      (await made.call('POST', '/async/data/import', { content: '{"streams":{"s":"CREATE STREAM s () WITH (DATASOURCE=\\"a\\")"}}' })).text,
    ) as { id: string };
    expect(id).toMatch(/^dataImport-\d+$/);
    await made.clock.advance(0);
    let task = JSON.parse((await made.call('GET', `/async/task/${id}`)).text) as { status: string };
    for (let i = 0; i < 50 && task.status === 'running'; i++) {
      await new Promise((r) => setImmediate(r));
      task = JSON.parse((await made.call('GET', `/async/task/${id}`)).text) as { status: string };
    }
    expect(task.status).toBe('finish');
    expect((await made.call('GET', '/async/task/none')).text).toContain('async task: none not found');
  });

  test('metrics on a port of their own', async () => {
    const refuse = (headers: { authorization?: string | undefined }) =>
      headers.authorization === 't' ? undefined : { status: 401 as const, reason: 'missing_token' };
    const server = await openMetricsServer({ ip: '127.0.0.1', port: 0, text: () => 'kuiper_rule_count 1\n', refuse });
    const get = (path: string, headers = {}) => fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
    expect((await get('/metrics')).status).toBe(401);
    expect(await (await get('/metrics', { Authorization: 't' })).text()).toBe('kuiper_rule_count 1\n');
    expect((await get('/', { Authorization: 't' })).status).toBe(404);
    server.close();
  });
});
