// Path traversal on every route: names in paths, bodies and SQL must not become parts of a path that leads out of their folder.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeService } from '../service/make-service.ts';

const MARK = 'must-not-be-seen';
let made: Awaited<ReturnType<typeof makeService>>;
beforeEach(async () => {
  made = await makeService();
  // wherever a name could lead: YAML, JSON and proto files of that stem with our mark
  for (const folder of ['', 'etc', 'data', 'etc/mgmt', 'outside']) {
    mkdirSync(join(made.root, folder), { recursive: true });
    for (const ext of ['yaml', 'json', 'proto', 'zip', 'txt'])
      writeFileSync(join(made.root, folder, `bait.${ext}`), `{"mark": {"a": "${MARK}"}}`);
  }
});
afterEach(() => made.close());

const NAMES = ['../bait', '../../bait', '../../../bait', '../etc/bait', '..\\bait', './bait', '/bait', 'a/../../bait', 'bait\0', '..', '.'];

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((f) => statSync(join(folder, f)).isFile())
    .sort();
}

test('no name in the path of any call leads out', async () => {
  const before = filesBelow(made.root).map((f) => [f, readFileSync(join(made.root, f), 'utf8')]);
  let calls = 0;
  for (const route of made.router.routes) {
    if (!route.path.includes('{') || route.path === '/stop') continue;
    for (const name of NAMES) {
      const path = route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(name));
      const { text } = await made.call(route.method, path, route.method === 'GET' ? undefined : '{}');
      expect(text, `${route.method} ${path}`).not.toContain(MARK);
      calls++;
    }
  }
  expect(calls).toBeGreaterThan(400);
  expect(filesBelow(made.root).map((f) => [f, readFileSync(join(made.root, f), 'utf8')])).toEqual(before);
});

test('nor does the type of a conf key that a file could hold', async () => {
  writeFileSync(join(made.root, 'etc/sources/bait.yaml'), `{"k": {"a": "${MARK}"}}`);
  expect((await made.call('GET', '/metadata/sources/yaml/bait')).text).toContain(MARK);
  for (const name of ['../bait', '../sources/bait', './bait']) {
    const answer = await made.call('GET', `/metadata/sources/yaml/${encodeURIComponent(name)}`);
    expect([answer.status, answer.text.includes('contains invalid characters')]).toEqual([400, true]);
  }
});

test('nor does a type, a resource or a selector in SQL and actions', async () => {
  for (const name of NAMES.filter((n) => !n.includes('\0'))) {
    const texts = [
      (await made.sql(`CREATE STREAM s () WITH (DATASOURCE="x", TYPE="${name}", CONF_KEY="mark", FORMAT="JSON")`)).text,
      (await made.sql(`CREATE STREAM t () WITH (DATASOURCE="x", CONF_KEY="${name}", FORMAT="JSON", SCHEMAID="${name}.a")`)).text,
      (await made.call('POST', '/rules', { id: 'r', sql: 'SELECT * FROM s', actions: [{ [name]: { resourceId: 'mark' } }] })).text,
      (await made.call('POST', '/rules', { id: 'q', sql: 'SELECT * FROM t', actions: [{ log: { resourceId: name, schemaId: name } }] }))
        .text,
      (await made.call('GET', '/streams/s')).text,
      (await made.call('GET', '/rules/r')).text,
    ];
    expect(texts.join('\n')).not.toContain(MARK);
    for (const path of ['/rules/r', '/rules/q', '/streams/s', '/streams/t']) await made.call('DELETE', path);
  }
});
