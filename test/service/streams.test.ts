// Streams and tables: texts, checks, atomic changes. The recorded steps are in test/rest/vectors.test.ts.
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { checkName, isName } from '../../src/service/names.ts';
import { mayReplace } from '../../src/service/versions.ts';
import { makeService } from './make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
afterEach(() => made?.close());

describe('statements', () => {
  test('DESCRIBE text, SHOW, DROP', async () => {
    made = await makeService();
    await made.sql(
      'CREATE STREAM s (a BIGINT, b ARRAY(STRUCT(x FLOAT))) WITH (DATASOURCE="t/<a>", FORMAT="json", CONF_KEY="k", SHARED="true")',
    );
    const dashes = '-'.repeat(80);
    expect((await made.sql('DESCRIBE STREAM s')).text).toBe(
      `Fields\n${dashes}\na\tbigint\nb\tarray(struct(x float))\n\nCONF_KEY: k\nDATASOURCE: t/&lt;a&gt;\nFORMAT: json\nSHARED: true\n`,
    );
    expect((await made.sql('SHOW STREAMS')).text).toBe('s');
    expect((await made.sql('SHOW TABLES')).text).toBe('No table definitions are found.');
    expect((await made.sql('DROP STREAM s')).text).toBe('Stream s is dropped.');
    expect((await made.sql('DROP STREAM s')).text).toContain('Stream command error: Drop stream fails: stream s is not found.');
    expect((await made.sql('SHOW STREAMS')).text).toBe('No stream definitions are found.');
  });

  test('DELETE /streams does not drop a table of that name', async () => {
    made = await makeService();
    await made.sql('CREATE TABLE t () WITH (DATASOURCE="m", TYPE="memory")', '/tables');
    expect((await made.call('DELETE', '/streams/t')).status).toBe(404);
    expect((await made.call('GET', '/tables/t')).status).toBe(200);
  });

  test('a store that fails leaves the old definition', async () => {
    made = await makeService();
    await made.sql('CREATE STREAM s () WITH (DATASOURCE="a")');
    made.store.fail = new Error('disk full');
    expect((await made.call('PUT', '/streams/s', { sql: 'CREATE STREAM s () WITH (DATASOURCE="b")' })).status).toBe(400);
    expect((await made.call('GET', '/streams/s')).text).toContain('"datasource":"a"');
  });

  test('bad SQL names the place', async () => {
    made = await makeService();
    const { status, text } = await made.sql('CREATE STREAM s (a BIGINTT) WITH (DATASOURCE="a")');
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error: 3000,
      message: expect.stringMatching(/^Stream command error: .*at line 1, column 20:.*\^/s) as string,
    });
  });

  test('schema of a typed stream', async () => {
    made = await makeService();
    await made.sql('CREATE STREAM s (a BIGINT, b STRUCT(x FLOAT), c ARRAY(STRING)) WITH (DATASOURCE="a")');
    expect(JSON.parse((await made.call('GET', '/streams/s/schema')).text)).toEqual({
      a: { type: 'bigint', index: 0 },
      b: { type: 'struct', properties: { x: { type: 'float', index: 0 } }, index: 0 },
      c: { type: 'array', items: { type: 'string', index: 0 }, index: 0 },
    });
  });
});

describe('properties of a source', () => {
  test('default < conf key < connection < EXTRA', async () => {
    made = await makeService();
    await made.call('PUT', '/metadata/sources/mqtt/confKeys/plant', { qos: 2, server: 'tcp://key', a: 1, b: 1, c: 1 });
    await made.call('POST', '/connections', { id: 'con', typ: 'mqtt', props: { server: 'tcp://con', b: 2, c: 2 } });
    await made.sql(
      String.raw`CREATE STREAM s () WITH (DATASOURCE="t", CONF_KEY="plant", EXTRA="{\"connectionSelector\":\"con\",\"c\":3}")`,
    );
    await made.call('POST', '/rules', { id: 'r', sql: 'SELECT * FROM s', actions: [{ log: {} }] });
    const spec = made.runtime.rule('r')!.definition.sources('s');
    expect(spec.props).toMatchObject({ qos: 2, server: 'tcp://con', a: 1, b: 2, c: 3 });
    expect(spec).toMatchObject({ type: 'mqtt', datasource: 't', format: 'json', kind: 'stream' });
  });

  test('resourceId and connectionSelector of an action', async () => {
    made = await makeService();
    await made.sql('CREATE STREAM s () WITH (DATASOURCE="t")');
    await made.call('PUT', '/metadata/sinks/mqtt/confKeys/out', { server: 'tcp://key', topic: 'key', qos: 1 });
    await made.call('POST', '/connections', { id: 'con', typ: 'mqtt', props: { server: 'tcp://con' } });
    await made.call('POST', '/rules', {
      id: 'r',
      sql: 'SELECT * FROM s',
      actions: [{ mqtt: { resourceId: 'out', topic: 'own', connectionSelector: 'con' } }],
    });
    const [action] = made.runtime.rule('r')!.definition.actions;
    expect(action).toMatchObject({ type: 'mqtt', index: 0, props: { server: 'tcp://con', topic: 'own', qos: 1 } });
    expect(action!.props).not.toHaveProperty('resourceId');
    expect((await made.call('DELETE', '/connections/con')).text).toContain("connection con can't be dropped due to rule references [r]");
  });
});

describe('names and versions', () => {
  test('names: property', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-zA-Z0-9_-]+$/), (name) => checkName(name) === name));
    fc.assert(
      fc.property(fc.string(), (name) => {
        if (isName(name)) return !/[^a-zA-Z0-9_-]/.test(name) && name !== '';
        expect(() => checkName(name)).toThrow();
        return true;
      }),
    );
  });

  test('versions: greater as text, or both empty', () => {
    expect(mayReplace('', '')).toBe(true);
    expect(mayReplace('1', '')).toBe(false);
    expect(mayReplace('', '1')).toBe(true);
    expect(mayReplace('9', '10')).toBe(false);
    expect(mayReplace('1', '1')).toBe(false);
  });
});

// @covers finding:parity#5
test('a simulator without a conf key begins again after its last row, as the shipped defaults say', async () => {
  const made = await makeService();
  await made.sql('CREATE STREAM sim () WITH (TYPE="simulator", FORMAT="JSON")');
  await made.call('POST', '/rules', { id: 'r', sql: 'SELECT * FROM sim', actions: [{ nop: {} }] });
  expect(made.runtime.rule('r')!.definition.sources('sim').props).toMatchObject({ loop: true, interval: '1s' });
  expect(JSON.parse((await made.call('GET', '/metadata/sources/yaml/simulator')).text)).toMatchObject({ default: { loop: true } });
  await made.close();
});
