// Archives: files in etc that the user edited stay on an update, as with packages of a distribution; a zip in the top folder finds its place;
// install.sh runs only when the settings allow it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeArchive } from '../../src/plugin-host/index.ts';
import { makePluginRoot, type PluginRoot, until } from './helpers/plugin-root.ts';

const SINK = 'export class Out { open() {} collect() {} close() {} }';
const FUNCTION = (result: string) => `export class F { exec() { return ${result}; } }`;
const zipOf = (files: Record<string, string>) =>
  writeArchive(Object.entries(files).map(([path, content]) => ({ path, content: Buffer.from(content) })));

let p: PluginRoot;
const etc = (path: string) => join(p.root, 'etc', path);
const read = (path: string) => (existsSync(etc(path)) ? readFileSync(etc(path), 'utf8') : undefined);
let number = 0;
/** @returns file:// URL of an archive */
function archive(files: Record<string, string>): string {
  const file = join(p.root, `archive${++number}.zip`);
  writeFileSync(file, zipOf(files));
  return `file://${file}`;
}

beforeAll(async () => {
  p = makePluginRoot();
  await p.start();
}, 30_000);
afterAll(() => p.close());

describe('files in etc', () => {
  const v1 = {
    'out@1.ts': SINK,
    'out.yaml': 'default: {a: 1}\n',
    'etc/same.txt': 'same',
    'etc/mine.txt': 'one',
    'etc/plain.txt': 'one',
    'etc/old.txt': 'old',
    'etc/oldmine.txt': 'old',
  };
  const v2 = { 'out@2.ts': SINK, 'out.yaml': 'default: {a: 2}\n', 'etc/same.txt': 'same', 'etc/mine.txt': 'two', 'etc/plain.txt': 'two' };

  test('an update keeps what the user edited, puts the new beside it, and says so', async () => {
    expect((await p.daemon.call('POST', '/plugins/sinks', { name: 'out', file: archive(v1) })).status).toBe(201);
    writeFileSync(etc('sinks/out.yaml'), 'default: {a: 99}\n');
    writeFileSync(etc('sinks/out/mine.txt'), 'edited');
    writeFileSync(etc('sinks/out/same.txt'), 'edited too');
    writeFileSync(etc('sinks/out/oldmine.txt'), 'edited');
    writeFileSync(etc('sinks/out/own.txt'), 'of the user alone');
    const { status, text } = await p.daemon.call('PUT', '/plugins/sinks/out', { file: archive(v2) });
    expect(status).toBe(200);
    const [first, second] = text.split('\n');
    expect(first).toBe('plugin out is updated and eKuiper must restart for the change to take effect.');
    expect(second).toContain('Kept as edited');
    for (const path of ['sinks/out.yaml', 'sinks/out/mine.txt']) expect(second).toContain(etc(path));
    expect(second).not.toContain('same.txt');
    expect(await p.describe('sinks', 'out')).toMatchObject({ version: '2', state: 'running', versions: [{ version: '2' }] });
    expect({
      yaml: read('sinks/out.yaml'),
      yamlNew: read('sinks/out.yaml.new'),
      mine: read('sinks/out/mine.txt'),
      mineNew: read('sinks/out/mine.txt.new'),
      same: read('sinks/out/same.txt'),
      sameNew: read('sinks/out/same.txt.new'),
      plain: read('sinks/out/plain.txt'),
      plainNew: read('sinks/out/plain.txt.new'),
      old: read('sinks/out/old.txt'),
      oldmine: read('sinks/out/oldmine.txt'),
      own: read('sinks/out/own.txt'),
    }).toEqual({
      yaml: 'default: {a: 99}\n',
      yamlNew: 'default: {a: 2}\n',
      mine: 'edited',
      mineNew: 'two',
      same: 'edited too',
      sameNew: undefined,
      plain: 'two',
      plainNew: undefined,
      old: undefined,
      oldmine: 'edited',
      own: 'of the user alone',
    });
  });

  test('an update that fails changes nothing there', async () => {
    const bad = {
      'out@3.ts': 'export class Wrong {}',
      'out.yaml': 'default: {a: 3}\n',
      'etc/mine.txt': 'three',
      'etc/plain.txt': 'three',
      'etc/more.txt': 'more',
    };
    expect((await p.daemon.call('PUT', '/plugins/sinks/out', { file: archive(bad) })).status).toBe(400);
    expect([read('sinks/out.yaml'), read('sinks/out.yaml.new'), read('sinks/out/mine.txt'), read('sinks/out/mine.txt.new')]).toEqual([
      'default: {a: 99}\n',
      'default: {a: 2}\n',
      'edited',
      'two',
    ]);
    expect([read('sinks/out/plain.txt'), read('sinks/out/more.txt')]).toEqual(['two', undefined]);
    expect(await p.describe('sinks', 'out')).toMatchObject({ version: '2', state: 'running', versions: [{ version: '2' }] });
    // and the record of what was shipped is still that of version 2
    expect((await p.daemon.call('PUT', '/plugins/sinks/out', { file: archive({ ...v2, 'etc/plain.txt': 'four' }) })).status).toBe(200);
    expect(read('sinks/out/plain.txt')).toBe('four');
  });

  test('a restart forgets nothing of it, and delete takes everything', async () => {
    await p.daemon.stop();
    await p.start();
    expect((await p.daemon.call('PUT', '/plugins/sinks/out', { file: archive({ ...v2, 'etc/plain.txt': 'five' }) })).status).toBe(200);
    expect(read('sinks/out/plain.txt')).toBe('five');
    expect((await p.daemon.call('DELETE', '/plugins/sinks/out')).status).toBe(200);
    for (const path of ['sinks/out', 'sinks/out.yaml', 'sinks/out.yaml.new']) expect(existsSync(etc(path))).toBe(false);
  });
});

test('a zip in the top folder goes where its exports say', async () => {
  const lookup = 'export class TopSource { open() {} close() {} }';
  for (const [name, text] of [
    ['topSink', SINK.replace('Out', 'TopSink')],
    ['topFunction', FUNCTION('1').replace('F', 'TopFunction')],
    ['topSource', lookup],
  ])
    writeFileSync(join(p.root, 'plugins', `${name}.zip`), zipOf({ [`${name}@v3.ts`]: text!, 'etc/a.txt': 'a' }));
  for (const [kind, name] of [
    ['sinks', 'topSink'],
    ['functions', 'topFunction'],
    ['sources', 'topSource'],
  ] as const) {
    await until(
      `${name} runs`,
      async () => (await p.get<string[]>(`/plugins/${kind}`)).includes(name) && (await p.describe(kind, name)).state === 'running',
    );
    expect(await p.describe(kind, name)).toMatchObject({ version: '3' });
    expect(read(`${kind}/${name}/a.txt`)).toBe('a');
  }
  await until('the zips are gone', () =>
    ['topSink', 'topFunction', 'topSource'].every((n) => !existsSync(join(p.root, 'plugins', `${n}.zip`))),
  );
});

test('a zip in the top folder that holds no plugin is refused with what to do', async () => {
  writeFileSync(join(p.root, 'plugins', 'nothing.zip'), zipOf({ 'nothing.ts': 'export const a = 1;' }));
  await until('listed', async () => (await p.get<string[]>('/plugins/sinks')).includes('nothing'));
  const { reason } = await p.describe('sinks', 'nothing');
  expect(reason).toContain('it must export Nothing, but exports a');
  expect(reason).toContain('or put the archive into sources, sinks or functions');
});

describe('install.sh', () => {
  const files = (script: string) => ({ 'f.ts': FUNCTION('1'), 'install.sh': script, 'lib/data.txt': 'for the script' });
  const script = '#!/bin/sh\necho "$1 $2 $(cat lib/data.txt) $KUIPER_ROOT ${SECRET_OF_THE_GATEWAY:-none}" > "$KUIPER_ROOT/script.out"\n';

  test('is refused by default, with the setting named', async () => {
    const { status, text } = await p.daemon.call('POST', '/plugins/functions', { name: 'f', file: archive(files(script)) });
    expect(status).toBe(400);
    expect(text).toContain('basic.enableInstallScript');
    expect(existsSync(join(p.root, 'script.out'))).toBe(false);
    expect(await p.get('/plugins/functions')).not.toContain('f');
  });

  test('runs with its parameters when it is allowed; one that fails leaves nothing', { timeout: 20_000 }, async () => {
    await p.daemon.stop();
    await p.start({ KUIPER__BASIC__ENABLEINSTALLSCRIPT: 'true', SECRET_OF_THE_GATEWAY: 'secret' });
    const failing = await p.daemon.call('POST', '/plugins/functions', {
      name: 'f',
      file: archive(files('echo no such package >&2; exit 3')),
    });
    expect(failing.status).toBe(400);
    expect(failing.text).toContain('install.sh ended with 3: no such package');
    expect(existsSync(join(p.root, 'plugins/functions/f.ts'))).toBe(false);
    const body = { name: 'f', file: archive(files(script)), shellParas: ['a b', '$(id)'] };
    expect(await p.daemon.call('POST', '/plugins/functions', body)).toMatchObject({ status: 201 });
    expect(readFileSync(join(p.root, 'script.out'), 'utf8')).toBe(`a b $(id) for the script ${p.root} none\n`);
    expect(existsSync(join(p.root, 'plugins/functions/lib'))).toBe(false);
  });
});
