// Rules: nothing half-applied, versions, tags, what a restart brings back, damaged entries, safe mode.
import { afterEach, describe, expect, test } from 'vitest';
import { makeService } from './make-service.ts';
import { createMemoryStore } from './memory-store.ts';

type Made = Awaited<ReturnType<typeof makeService>>;
let made: Made;
afterEach(() => made.close());

const DEMO = 'CREATE STREAM demo () WITH (DATASOURCE="demo", FORMAT="JSON")';
const rule = (id: string, more: object = {}) => ({ id, sql: 'SELECT * FROM demo', actions: [{ log: {} }], ...more });
const withDemo = async (store = createMemoryStore(), safe = false) => {
  made = await makeService(store, safe);
  if (!made.service.streams.find('demo')) await made.sql(DEMO);
  return made;
};

describe('create', () => {
  test('the runtime can ask what the catalog says of a stream now', async () => {
    const { call, runtime } = await withDemo();
    await call('POST', '/rules', rule('r'));
    const { statementOf } = runtime.rule('r')!.definition;
    expect(statementOf!('demo')).toBe(DEMO);
    await call('PUT', '/streams/demo', { sql: DEMO.replace('"demo"', '"other"') });
    expect(statementOf!('demo')).toBe(DEMO.replace('"demo"', '"other"'));
    await call('DELETE', '/streams/demo?force=true');
    expect(statementOf!('demo')).toBeUndefined();
  });

  test('a refused rule leaves nothing behind', async () => {
    const { call, runtime, store } = await withDemo();
    for (const body of [
      rule('r', { sql: 'SELECT nope(1) FROM demo' }),
      rule('r', { actions: [{ nosuch: {} }] }),
      rule('r', { sql: 'SELECT * FROM other' }),
    ]) {
      expect((await call('POST', '/rules', body)).status).toBe(400);
      expect((await call('GET', '/rules')).text).toBe('[]');
      expect(store.tables.get('rule')?.size ?? 0).toBe(0);
      expect(runtime.calls).toEqual([]);
    }
  });

  test('a store that fails refuses the rule and starts nothing', async () => {
    const { call, runtime, store } = await withDemo();
    store.fail = new Error('disk full');
    const answer = await call('POST', '/rules', rule('r'));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('disk full');
    expect(runtime.calls).toEqual([]);
    expect((await call('GET', '/rules/r')).status).toBe(404);
  });

  test('bad SQL answers 400 with line, column, caret and hint', async () => {
    const { call } = await withDemo();
    const { status, text } = await call('POST', '/rules', rule('r', { sql: 'SELECT *\nFORM demo' }));
    expect(status).toBe(400);
    const { error, message } = JSON.parse(text) as { error: number; message: string };
    expect(error).toBe(1000);
    expect(message).toMatch(/^invalid rule json: Parse SQL SELECT \*\nFORM demo error: found/);
    expect(message).toContain('at line 2, column 1');
    expect(message).toContain('^');
  });

  test('an unknown function is answered with what could be meant', async () => {
    const { call } = await withDemo();
    const { text } = await call('POST', '/rules', rule('r', { sql: 'SELECT flor(a) FROM demo' }));
    expect((JSON.parse(text) as { message: string }).message).toMatch(/floor/);
  });

  test('two clients that create the same rule at once: one is refused', async () => {
    const { call } = await withDemo();
    const answers = await Promise.all([call('POST', '/rules', rule('r')), call('POST', '/rules', rule('r'))]);
    expect(answers.map((a) => a.status).sort()).toEqual([201, 400]);
  });

  test('integers beyond 2^53 come back as they were posted', async () => {
    const { call } = await withDemo();
    await call('POST', '/rules', '{"id":"r","sql":"SELECT * FROM demo","actions":[{"log":{"n":9007199254740993}}]}');
    await call('POST', '/rules/r/stop');
    expect((await call('GET', '/rules/r')).text).toBe(
      '{"id":"r","sql":"SELECT * FROM demo","actions":[{"log":{"n":9007199254740993}}],"triggered":false}',
    );
  });

  test.for<[string, unknown, string]>([
    ['no id', { sql: 'SELECT * FROM demo', actions: [{ log: {} }] }, 'invalid rule json: Missing rule id.'],
    ['no sql', { id: 'r', actions: [{ log: {} }] }, 'invalid rule json: Rule r has neither sql nor graph.'],
    ['both', rule('r', { graph: {} }), 'invalid rule json: Rule r has both sql and graph.'],
    ['no actions', rule('r', { actions: [] }), 'invalid rule json: Missing rule actions.'],
    [
      'options',
      rule('r', { options: { concurrency: -1 } }),
      'invalid rule json: Rule r has invalid options: invalidConcurrency:concurrency must be greater than 0',
    ],
    ['id', rule('a/b'), "invalid rule json: id 'a/b' contains invalid characters: only alphanumeric, hyphens and underscores are allowed"],
  ])('texts: %s', async ([, body, message]) => {
    const { call } = await withDemo();
    expect(JSON.parse((await call('POST', '/rules', body)).text)).toEqual({ error: 1000, message });
  });
});

describe('replace', () => {
  test('an invalid new rule leaves the old one running', async () => {
    const { call, runtime, store } = await withDemo();
    await call('POST', '/rules', rule('r'));
    expect((await call('PUT', '/rules/r', rule('r', { sql: 'SELECT nope(1) FROM demo' }))).status).toBe(400);
    expect((await call('PUT', '/rules/r', rule('r', { actions: [{ nosuch: {} }] }))).status).toBe(400);
    expect(store.tables.get('rule')?.get('r')).toBe(JSON.stringify(rule('r')));
    expect(runtime.calls).toEqual(['start r']);
    expect((await call('GET', '/rules/r')).text).toBe(JSON.stringify(rule('r')));
  });

  test('versions have to grow as text', async () => {
    const { call } = await withDemo();
    await call('POST', '/rules', rule('r', { version: '9' }));
    const lower = await call('PUT', '/rules/r', rule('r', { version: '10' }));
    expect(lower.status).toBe(400);
    expect(lower.text).toContain('Update rule error: rule r already exists with version (9), new version (10) is lower');
    expect((await call('PUT', '/rules/r', rule('r', { version: '91' }))).status).toBe(200);
    expect((await call('PUT', '/rules/r', rule('r'))).status).toBe(400);
  });

  test('the id of the path counts; another one in the body is refused', async () => {
    const { call } = await withDemo();
    const { id: _id, ...noId } = rule('r');
    expect((await call('PUT', '/rules/r', noId)).status).toBe(200);
    expect((await call('PUT', '/rules/r', rule('other'))).text).toContain('RuleId is not consistent with rule id.');
  });
});

describe('secrets in a rule', () => {
  const secret = rule('r', { actions: [{ mqtt: { server: 'tcp://x', topic: 't', password: 'hidden', big: 1 } }] });

  test('are neither shown nor exported; read, edit, PUT keeps them', async () => {
    const { call, store } = await withDemo();
    await call('POST', '/rules', JSON.stringify(secret).replace('"big":1', '"big":12345678901234567890'));
    const shown = (await call('GET', '/rules/r')).text;
    expect(shown).toContain('"password":"******","big":12345678901234567890');
    for (const path of ['/data/export', '/v2/data/export']) expect((await call('GET', path)).text).not.toContain('hidden');
    expect((await call('POST', '/ruleset/export')).text).not.toContain('hidden');
    expect((await call('PUT', '/rules/r', shown.replace('tcp://x', 'tcp://y'))).status).toBe(200);
    expect(store.tables.get('rule')?.get('r')).toContain('"server":"tcp://y","topic":"t","password":"hidden","big":12345678901234567890');
    expect((await call('PUT', '/rules/r', '{"actions": "******" bad')).status).toBe(400);
  });

  test('are in no error text, which stays short', async () => {
    const { call } = await withDemo();
    const bad = await call('POST', '/rules', { ...secret, tags: 5, description: 'x'.repeat(100_000) });
    expect(bad.status).toBe(400);
    expect(bad.text).not.toContain('hidden');
    expect(bad.text.length).toBeLessThan(2000);
  });

  test('that did not come with an import are named in health and log', async () => {
    const { call, lines } = await withDemo();
    await call('POST', '/ruleset/import', {
      content: JSON.stringify({ rules: { r: JSON.stringify(secret).replace('hidden', '******') } }),
    });
    const health = JSON.parse((await call('GET', '/rules/r/health')).text) as { ok: boolean; problems: string[] };
    expect(health.ok).toBe(false);
    expect(health.problems[0]).toContain('set them again: actions/0/mqtt/password');
    await call('PUT', '/metadata/sources/mqtt/confKeys/k', { password: '******' });
    expect(lines.some((l) => l['code'] === 'SECRET_MISSING' && l['confKey'] === 'sources.mqtt.k')).toBe(true);
  });

  test('of conf keys and connections survive read, edit, PUT', async () => {
    const { call, store } = await withDemo();
    const key = '/metadata/sources/mqtt/confKeys/plant';
    await call('PUT', key, { server: 'tcp://joe:hidden1@plant', password: 'hidden2' });
    const shown = JSON.parse((await call('GET', '/metadata/sources/yaml/mqtt')).text) as Record<string, object>;
    expect(JSON.stringify(shown)).not.toContain('hidden');
    expect((await call('PUT', key, { ...shown['plant'], qos: 2 })).status).toBe(200);
    expect(store.tables.get('confKey')?.get('sources.mqtt.plant')).toBe(
      '{"server":"tcp://joe:hidden1@plant","password":"hidden2","qos":2}',
    );
    await call('POST', '/connections', { id: 'c', typ: 'mqtt', props: { server: 'tcp://x', password: 'hidden3' } });
    const { props } = JSON.parse((await call('GET', '/connections/c')).text) as { props: object };
    expect((await call('PUT', '/connections/c', { typ: 'mqtt', props: { ...props, server: 'tcp://y' } })).status).toBe(200);
    expect(store.tables.get('connection')?.get('c')).toContain('{"server":"tcp://y","password":"hidden3"}');
  });

  test('of EXTRA and DATASOURCE of streams are shown nowhere and survive PUT and import', async () => {
    const { call, sql, store } = await withDemo();
    const statement = (password: string) =>
      `CREATE STREAM e () WITH (DATASOURCE="http://joe:${password}@h/x", EXTRA="{\\"password\\":\\"${password}\\",\\"big\\":9007199254740993,\\"qos\\":1}", FORMAT="JSON")`;
    expect((await sql(statement('hidden'))).status).toBe(201);
    const stored = () => store.tables.get('stream')?.get('e');
    const before = stored();
    expect(before).toContain('hidden');
    const texts = [
      (await call('GET', '/streams/e')).text,
      (await sql('DESCRIBE STREAM e')).text,
      (await call('GET', '/data/export')).text,
      (await call('GET', '/v2/data/export')).text,
      (await call('POST', '/ruleset/export')).text,
    ];
    expect(texts.join()).not.toContain('hidden');
    expect(texts[0]).toContain('9007199254740993');
    const shown = (JSON.parse(texts[4]!) as { streams: Record<string, string> }).streams['e']!;
    expect((await call('PUT', '/streams/e', { sql: shown })).status).toBe(200);
    expect(stored()).toBe(before);
    expect((await call('PUT', '/streams/e', { sql: shown.replace('qos\\":1', 'qos\\":2') })).status).toBe(200);
    expect(stored()).toContain('hidden');
    expect(stored()).toContain('qos\\\\\\":2');
    expect(stored()).toContain('http://joe:hidden@h/x');
    expect(stored()).not.toContain('******');
    expect((await call('POST', '/data/import', { content: (await call('GET', '/data/export')).text })).status).toBe(200);
    expect(stored()).toContain('hidden');
  });

  for (const partial of ['0', '1'])
    test(`survive the import of the gateway's own export (partial=${partial})`, async () => {
      const { call, store } = await withDemo();
      await call('POST', '/connections', { id: 'c', typ: 'mqtt', props: { server: 'tcp://x', password: 'hidden1' } });
      await call('PUT', '/metadata/sources/mqtt/confKeys/plant', { password: 'hidden2' });
      await call(
        'POST',
        '/rules',
        rule('r', { actions: [{ mqtt: { connectionSelector: 'c', server: 'tcp://x', topic: 't', password: 'hidden3' } }] }),
      );
      const stored = () => ['rule', 'confKey', 'connection'].map((t) => [...store.tables.get(t)!.values()].join());
      const before = stored();
      expect(before.join()).toMatch(/hidden1|hidden2|hidden3/);
      const content = (await call('GET', '/data/export')).text;
      expect(content).not.toContain('hidden');
      const answer = await call('POST', `/data/import?partial=${partial}`, { content });
      expect(answer.status, answer.text).toBe(200);
      expect(stored()).toEqual(before);
    });
});

describe('life', () => {
  test('start and stop are remembered', async () => {
    const { call, store, runtime } = await withDemo();
    await call('POST', '/rules', rule('r'));
    await call('POST', '/rules/r/stop');
    expect(store.tables.get('rule')?.get('r')).toContain('"triggered":false');
    await call('POST', '/rules/r/start');
    expect(store.tables.get('rule')?.get('r')).toContain('"triggered":true');
    expect(runtime.calls).toEqual(['start r', 'stop r', 'start r']);
  });

  test('a restart of the gateway brings streams and rules back; only triggered ones start', async () => {
    const first = await withDemo();
    await first.call('POST', '/rules', rule('on'));
    await first.call('POST', '/rules', rule('off', { triggered: false }));
    await first.call('POST', '/rules', rule('gone', { temp: true }));
    const store = first.store;
    await first.close();
    made = await makeService(store);
    expect(JSON.parse((await made.call('GET', '/rules')).text)).toMatchObject([
      { id: 'off', status: 'stopped' },
      { id: 'on', status: 'running' },
    ]);
    expect(made.runtime.calls).toEqual(['start on']);
  });

  test('a stored rule that cannot be read is shown with the reason, and the others run', async () => {
    const store = createMemoryStore();
    await store.kv('stream').set('demo', JSON.stringify({ sql: DEMO }));
    await store.kv('rule').set('bad', '{"id":"bad","sql":"SELEC"');
    await store.kv('rule').set('good', JSON.stringify(rule('good')));
    const { call, runtime, lines } = await withDemo(store);
    expect(runtime.calls).toEqual(['start good']);
    expect(JSON.parse((await call('GET', '/rules/bad/status')).text)).toMatchObject({
      status: 'stopped by error',
      message: expect.stringContaining('Parse rule') as string,
    });
    expect(lines).toContainEqual(expect.objectContaining({ code: 'CATALOG_ENTRY', rule: 'bad' }));
    expect((await call('POST', '/rules/bad/start')).status).toBe(400);
    expect((await call('PUT', '/rules/bad', rule('bad'))).status).toBe(200);
    expect(runtime.calls).toEqual(['start good', 'start bad']);
  });

  test('safe mode: everything is there, nothing runs', async () => {
    const store = createMemoryStore();
    await store.kv('rule').set('r', JSON.stringify(rule('r')));
    const { call, runtime } = await withDemo(store, true);
    expect(runtime.calls).toEqual([]);
    expect(JSON.parse((await call('GET', '/')).text)).toMatchObject({ safeMode: 'three crashes' });
    expect(JSON.parse((await call('GET', '/rules/r/status')).text)).toMatchObject({
      status: 'stopped by error',
      message: 'the gateway is in safe mode',
    });
    expect((await call('DELETE', '/rules/r')).status).toBe(200);
  });

  test('a source at its end stores triggered=false', async () => {
    const { call, runtime, store } = await withDemo();
    await call('POST', '/rules', rule('r'));
    runtime.rule('r')!.onTriggeredChange!(false);
    await made.clock.advance(0);
    expect(store.tables.get('rule')?.get('r')).toContain('"triggered":false');
  });
});

describe('tags and bulk', () => {
  test('all given tags must be there', async () => {
    const { call } = await withDemo();
    await call('POST', '/rules', rule('a', { tags: ['x', 'y'] }));
    await call('POST', '/rules', rule('b', { tags: ['x'] }));
    const match = async (...tags: string[]) => JSON.parse((await call('GET', '/rules/tags/match', { tags })).text) as unknown;
    expect(await match('x')).toEqual({ rules: ['a', 'b'] });
    expect(await match('x', 'y')).toEqual({ rules: ['a'] });
    expect(await match('z')).toEqual({});
    await call('PATCH', '/rules/b/tags', { tags: ['y'] });
    expect(await match('y')).toEqual({ rules: ['a', 'b'] });
    await call('DELETE', '/rules/a/tags', { tags: ['x'] });
    await call('PUT', '/rules/b/tags', { tags: ['z'] });
    expect(await match('x')).toEqual({});
    expect(JSON.parse((await call('GET', '/rules/b')).text)).toMatchObject({ tags: ['z'] });
  });

  test('bulk stop without tags stops nothing', async () => {
    const { call, runtime } = await withDemo();
    await call('POST', '/rules', rule('a', { tags: ['x'] }));
    expect(JSON.parse((await call('POST', '/rules/bulkstop', {})).text)).toEqual({
      error: 1000,
      message: 'bulk stop failed: no matching rules',
    });
    expect(JSON.parse((await call('POST', '/rules/bulkstop', { tags: ['x'] })).text)).toEqual([{ ruleId: 'a', success: true }]);
    expect(runtime.calls).toEqual(['start a', 'stop a']);
  });
});

describe('import', () => {
  test('content that is not JSON is a 400, not a crash', async () => {
    const { call } = await withDemo();
    expect((await call('POST', '/ruleset/import', { content: '{bad' })).status).toBe(400);
  });

  test('what exists without a version is left alone, a higher version replaces', async () => {
    const { call } = await withDemo();
    await call('POST', '/rules', rule('r', { version: '1' }));
    const set = (version: string) =>
      JSON.stringify({ streams: { demo: DEMO }, rules: { r: JSON.stringify(rule('r', { version, name: version })) } });
    expect((await call('POST', '/ruleset/import', { content: set('0') })).text).toBe('imported 0 streams, 0 tables and 0 rules');
    expect((await call('POST', '/ruleset/import', { content: set('2') })).text).toBe('imported 0 streams, 0 tables and 1 rules');
    expect(JSON.parse((await call('GET', '/rules/r')).text)).toMatchObject({ name: '2' });
  });

  test('JSON and YAML bring integers of any size, texts and templates over as they are', async () => {
    const a = await withDemo();
    await a.call(
      'POST',
      '/connections',
      '{"id":"c","typ":"mqtt","props":{"server":"tcp://x","big":9007199254740993,"small":5,"half":0.5}}',
    );
    await a.call('PUT', '/metadata/sinks/mqtt/confKeys/k', '{"n":12345678901234567890,"list":[1,{"x":-9007199254740993}]}');
    const action = {
      log: {},
      mqtt: { server: 'tcp://x', topic: 't/{{.id}}', dataTemplate: '{"a":"{{.x}}","u":"ü\\n: - # \\u0001"}', n: 0 },
    };
    await a.call(
      'POST',
      '/rules',
      JSON.stringify(rule('r', { name: 'Ä "q" <b>', tags: ['ü'], actions: [action] })).replace('"n":0', '"n":12345678901234567890'),
    );
    const json = (await a.call('GET', '/data/export')).text;
    expect(json).toContain('9007199254740993');
    const yaml = (await a.call('GET', '/v2/data/export')).text;
    await a.close();
    for (const [path, content] of [
      ['/data/import', json],
      ['/v2/data/import', yaml],
    ]) {
      made = await makeService();
      const answer = await made.call('POST', path!, { content });
      expect(answer.status, answer.text).toBe(200);
      expect((await made.call('GET', '/data/export')).text).toBe(json);
    }
  });

  test('export, full import elsewhere, export: the same; secrets do not leave', async () => {
    const a = await withDemo();
    await a.call('POST', '/rules', rule('r'));
    await a.call('PUT', '/metadata/sources/mqtt/confKeys/plant', { server: 'tcp://plant', password: 'hidden' });
    const exported = (await a.call('GET', '/data/export')).text;
    expect(exported).not.toContain('hidden');
    await a.close();
    made = await makeService();
    await made.sql('CREATE STREAM old () WITH (DATASOURCE="x")');
    const answer = await made.call('POST', '/data/import', { content: exported });
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.parse((await made.call('GET', '/data/export')).text)).toEqual(JSON.parse(exported));
  });
});
