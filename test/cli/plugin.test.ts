// `kuiper plugin new | check | test | pack | sign | port`: what they write works offline, and archives are what they say.
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { checksums } from '../../src/cli/plugin/pack.ts';
import { isSignatureOf, readKey } from '../../src/cli/plugin/sign.ts';
import { readArchive, writeArchive } from '../../src/plugin-host/index.ts';
import { readPackage } from '../../src/service/plugins/read-package.ts';

const REPO = resolve(import.meta.dirname, '../..');
const NODE = join(REPO, 'node_modules/node/bin/node');
const folder = mkdtempSync(join(tmpdir(), 'kuiper-cli-plugin-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The command line as a process of its own, in a folder. */
function kuiper(cwd: string, ...args: string[]): { code: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(NODE, [join(REPO, 'src/cli/main.ts'), ...args], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(REPO, '.cache/compile') },
  });
  return { code: status, out: stdout + stderr };
}

async function inProcess(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const code = await runCli(args, {}, (text) => (out += `${text}\n`));
  return { code, out };
}

// @covers issue:15#3
// @covers finding:ease#B8
test.each(['function', 'source', 'sink'] as const)(
  'a new %s is a folder that type-checks offline, passes its check and its tests, and is packed',
  (kind) => {
    const name = `my${kind}X`;
    expect(kuiper(folder, 'plugin', 'new', kind, name).out).toContain(`${name}/ is written`);
    const own = join(folder, name);
    for (const file of [`${name}.ts`, `test/${name}.test.ts`, 'README.md', 'package.json', 'tsconfig.json', `${name}.json`, '.gitignore'])
      expect(existsSync(join(own, file)), file).toBe(true);
    execFileSync(NODE, [join(REPO, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: own, stdio: 'pipe' });
    const checked = kuiper(own, 'plugin', 'check');
    expect(checked).toMatchObject({ code: 0 });
    expect(checked.out).toContain(`${kind} ${name}: ok`);
    expect(checked.out).not.toContain('notes:');
    const tested = kuiper(own, 'plugin', 'test');
    expect(tested.out).toMatch(/fail 0/);
    expect(tested.code).toBe(0);
    mkdirSync(join(own, 'etc'));
    writeFileSync(join(own, 'etc/data.bin'), 'x');
    const zip = join(own, `${name}.zip`);
    expect(kuiper(own, 'plugin', 'pack')).toMatchObject({ code: 0 });
    const entries = readArchive(readFileSync(zip));
    expect(entries.map((e) => e.path)).toEqual([
      `${name}@v0.1.0.ts`,
      'README.md',
      'etc/data.bin',
      `${name}.json`,
      ...(kind === 'function' ? [] : [`${name}.yaml`]),
      'SHA256SUMS',
    ]);
    expect(entries.at(-1)!.content.toString()).toBe(checksums(entries));
    // a failing test fails the command
    writeFileSync(join(own, 'test/bad.test.ts'), "import { test } from 'node:test';\ntest('bad', () => { throw new Error('no'); });\n");
    expect(kuiper(own, 'plugin', 'test')).toMatchObject({ code: 1 });
  },
  60_000,
);

test('new refuses a bad name, the name of a built-in function, another kind, and never overwrites', async () => {
  expect((await inProcess('plugin', 'new', 'function', '../evil')).out).toContain('not a plugin name');
  expect((await inProcess('plugin', 'new', 'function', 'median')).out).toContain('name of a built-in function');
  expect((await inProcess('plugin', 'new', 'window', 'x')).out).toContain('Expect source, sink or function');
  expect(existsSync('evil.ts')).toBe(false);
  expect(kuiper(folder, 'plugin', 'new', 'function', 'myfunctionX')).toMatchObject({ code: 1 });
  expect(kuiper(folder, 'plugin', 'new', 'function', 'myfunctionX').out).toContain('is there already');
});

describe('a plugin with an npm package', () => {
  const own = join(folder, 'withPackage');
  beforeAll(() => {
    const dependency = join(own, 'node_modules/left-half');
    mkdirSync(join(dependency, 'lib'), { recursive: true });
    writeFileSync(
      join(dependency, 'package.json'),
      '{"name":"left-half","version":"2.1.0","license":"MIT","type":"commonjs","main":"lib/index.js"}',
    );
    writeFileSync(join(dependency, 'LICENSE'), 'MIT License of left-half');
    writeFileSync(
      join(dependency, 'lib/index.js'),
      "const { join } = require('path');\nexports.half = (s) => {\n  if (typeof s !== 'string') throw new Error('no text: ' + join('a', 'b'));\n  return s.slice(0, s.length / 2);\n};\n",
    );
    writeFileSync(join(own, 'util.ts'), 'interface A { a: number }\nexport const shout = (s: string): string => s.toUpperCase();\n');
    writeFileSync(
      join(own, 'halver.ts'),
      "import { half } from 'left-half';\nimport { shout } from './util.ts';\nexport class Halver {\n  exec([s]: readonly unknown[]) { return shout(half(s as string)); }\n}\n",
    );
  });

  // @covers issue:15#3
  test('is one file after pack, with the licence text, a source map, and loads where nothing else is', () => {
    const packed = kuiper(own, 'plugin', 'pack', 'halver.ts', '-o', join(own, 'halver.zip'));
    expect(packed.out).toContain('pack makes one file of it, with left-half 2.1.0 (MIT)');
    expect(packed.code).toBe(0);
    const entries = readArchive(readFileSync(join(own, 'halver.zip')));
    expect(entries.map((e) => e.path)).toEqual(['halver.mjs', 'THIRD-PARTY-LICENSES.txt', 'halver.json', 'SHA256SUMS']);
    expect(entries[1]!.content.toString()).toContain('left-half 2.1.0\nLicence: MIT\n\nMIT License of left-half');
    const lone = mkdtempSync(join(folder, 'lone-'));
    writeFileSync(join(lone, 'halver.mjs'), entries[0]!.content);
    const run = `import('${join(lone, 'halver.mjs')}').then(({ Halver }) => console.log(new Halver().exec(['abcd'])))`;
    expect(execFileSync(NODE, ['-e', run], { encoding: 'utf8' })).toBe('AB\n');
    const map = JSON.parse(Buffer.from(/base64,(.*)\n$/.exec(entries[0]!.content.toString())![1]!, 'base64').toString());
    expect(map.sources).toContain('halver.ts');
    expect(JSON.stringify(map)).not.toContain(own);
  });

  test('is refused with the name of a package that is not there, and with the one that holds machine code', () => {
    writeFileSync(join(own, 'bad.ts'), "import x from 'not-there-at-all';\nexport class Bad { exec() { return x; } }\n");
    expect(kuiper(own, 'plugin', 'pack', 'bad.ts').out).toContain(
      'bad.ts: line 1: cannot find package not-there-at-all; run `npm install not-there-at-all`',
    );
    mkdirSync(join(own, 'node_modules/native-one'), { recursive: true });
    writeFileSync(join(own, 'node_modules/native-one/package.json'), '{"name":"native-one","version":"1.0.0","main":"i.js"}');
    writeFileSync(join(own, 'node_modules/native-one/binding.gyp'), '{}');
    writeFileSync(join(own, 'node_modules/native-one/i.js'), 'module.exports = 1;');
    writeFileSync(join(own, 'nat.ts'), "import x from 'native-one';\nexport class Nat { exec() { return x; } }\n");
    const { out, code } = kuiper(own, 'plugin', 'pack', 'nat.ts');
    expect(out).toContain('native-one holds machine code');
    expect(code).toBe(1);
    expect(existsSync(join(own, 'nat.zip'))).toBe(false);
  });
});

// @covers issue:15#3
test('a signature is one of docs/plugins/signing.md: of the file beside it, of the list of entries in an archive', async () => {
  const key = join(folder, 'my.key');
  expect((await inProcess('plugin', 'sign', '--new-key', key)).out).toContain('Keep the first one secret');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect((await inProcess('plugin', 'sign', '--new-key', key)).out).toContain('never overwritten');
  const file = join(folder, 'signed.ts');
  writeFileSync(file, 'export class Signed { exec() { return 1; } }\n');
  expect(await inProcess('plugin', 'sign', file, '--key', key)).toMatchObject({ code: 0 });
  const text = readFileSync(`${file}.sig`, 'utf8');
  expect(text).toMatch(/^[A-Za-z0-9+/]{86}==\n$/);
  expect(isSignatureOf(text, readFileSync(file), createPublicKey(readFileSync(`${key}.pub`)))).toBe(true);
  expect(isSignatureOf(text, Buffer.from('export class Signed { exec() { return 2; } }\n'), readKey(key))).toBe(false);
  writeFileSync(join(folder, 'sig.bin'), Buffer.from(text, 'base64'));
  const openssl = spawnSync(
    'openssl',
    ['pkeyutl', '-verify', '-pubin', '-inkey', `${key}.pub`, '-rawin', '-in', file, '-sigfile', join(folder, 'sig.bin')],
    { encoding: 'utf8' },
  );
  expect(openssl.stdout + openssl.stderr).toContain('Signature Verified Successfully');

  const zip = join(folder, 'signed.zip');
  expect((await inProcess('plugin', 'pack', file, '-o', zip, '--key', key)).out).toContain('is written and signed');
  const entries = readArchive(readFileSync(zip));
  const signature = entries.find((e) => e.path === 'plugin.sig')!.content.toString();
  expect(isSignatureOf(signature, Buffer.from(checksums(entries)), readKey(key))).toBe(true);
  const changed = entries.map((e) =>
    e.path === 'signed.ts' ? { ...e, content: Buffer.from('export class Signed { exec() { return 3; } }') } : e,
  );
  expect(isSignatureOf(signature, Buffer.from(checksums(changed)), readKey(key))).toBe(false);
  // and the gateway sees a changed file by its checksum
  expect(() => readPackage('functions', 'signed', writeArchive(changed))).toThrow('signed.ts is not what SHA256SUMS says');
  expect(() => readPackage('functions', 'signed', writeArchive(entries.filter((e) => e.path !== 'signed.json')))).toThrow(
    'SHA256SUMS names signed.json, which is not in it',
  );
  expect(readPackage('functions', 'signed', readFileSync(zip)).plugins.length).toBe(1);
  writeFileSync(
    join(folder, 'rsa.key'),
    execFileSync('openssl', ['genpkey', '-algorithm', 'RSA'], { stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  expect((await inProcess('plugin', 'sign', file, '--key', join(folder, 'rsa.key'))).out).toContain('plugins are signed with Ed25519');
});

const GO_FUNCTION = `package main

import (
	"fmt"
	"github.com/lf-edge/ekuiper/contract/v2/api"
	"gonum.org/v1/gonum/stat"
	"strings"
)

type accumulateWordCountFunc struct {
}

func (f *accumulateWordCountFunc) Validate(args []interface{}) error {
	if len(args) != 2 {
		return fmt.Errorf("accumulateWordCount function only supports 2 parameter but got %d", len(args))
	}
	return nil
}

func (f *accumulateWordCountFunc) Exec(ctx api.FunctionContext, args []any) (any, bool) {
	logger := ctx.GetLogger()
	err := ctx.IncrCounter("allwordcount", len(strings.Split(args[0].(string), "{")))
	return logger, err == nil
}

func (f *accumulateWordCountFunc) IsAggregate() bool {
	return false
}

var AccumulateWordCount accumulateWordCountFunc
`;
const GO_SOURCE = `package main

type random struct {
	conf *randomSourceConfig
}

type randomSourceConfig struct {
	Interval time.Duration \`json:"interval"\`
	Seed     int           \`json:"seed"\`
	Pattern  map[string]any \`json:"pattern"\`
}

func (s *random) Provision(ctx api.StreamContext, props map[string]any) error {
	return cast.MapToStruct(props, s.conf)
}

func (s *random) Pull(ctx api.StreamContext, _ time.Time, ingest api.TupleIngest, _ api.ErrorIngest) {
	ingest(ctx, s.conf.Pattern, nil, timex.GetNow())
}

func (s *random) Close(ctx api.StreamContext) error {
	return nil
}

func Random() api.Source {
	return &random{}
}
`;

// @covers issue:15#3
test('port makes a skeleton of a Go plugin that type-checks, with the Go code where its translation belongs', async () => {
  writeFileSync(join(folder, 'acc.go'), GO_FUNCTION);
  writeFileSync(join(folder, 'random.go'), GO_SOURCE);
  expect(kuiper(folder, 'plugin', 'port', 'acc.go').out).toContain(
    'accumulateWordCount.ts is written: a function plugin accumulateWordCount',
  );
  const f = readFileSync(join(folder, 'accumulateWordCount.ts'), 'utf8');
  expect(f).toContain('export const AccumulateWordCount = defineFunction({');
  expect(f).toContain('// Go, line 20: func (f *accumulateWordCountFunc) Exec(ctx api.FunctionContext, args []any) (any, bool)');
  expect(f).toContain('err := ctx.IncrCounter("allwordcount"');
  expect(f).toContain('gonum.org/v1/gonum/stat');
  expect(f).toContain('one instance for all rules');
  expect(kuiper(folder, 'plugin', 'check', 'accumulateWordCount.ts')).toMatchObject({ code: 0 });
  kuiper(folder, 'plugin', 'port', 'random.go', '-o', 'random.ts');
  const s = readFileSync(join(folder, 'random.ts'), 'utf8');
  for (const part of [
    'export const Random = defineSource({',
    "interval: { type: 'duration', doc: '' }",
    "seed: { type: 'int', doc: '' }",
    "pattern: { type: 'any', doc: '' }",
    'async pull(ctx, emit)',
    'configure({ datasource, options, props })',
  ])
    expect(s).toContain(part);
  const checked = kuiper(folder, 'plugin', 'check', 'random.ts');
  expect(checked.out).toContain('source random: ok');
  expect((await inProcess('plugin', 'port', join(folder, 'my.key'))).out).toContain('no plugin of eKuiper is in it');
});
