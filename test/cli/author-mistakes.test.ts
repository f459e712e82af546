// Mistakes of plugin authors: each is caught by `kuiper plugin check` with file, line and cure, before anything reaches a gateway.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'kuiper-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(files: Record<string, string | Uint8Array>): Promise<{ code: number; out: string }> {
  const own = mkdtempSync(join(folder, 'x-'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(own, file)), { recursive: true });
    writeFileSync(join(own, file), text);
  }
  let out = '';
  const code = await runCli(['plugin', 'check', join(own, Object.keys(files)[0]!)], {}, (text) => (out += `${text}\n`));
  return { code, out };
}

const mistakes: [what: string, files: Record<string, string | Uint8Array>, finding: string | RegExp][] = [
  [
    'the name of a built-in function',
    { 'median.ts': 'export class Median {\n  exec() { return 1; }\n}\n' },
    /median\.ts: line 1: the name median is that of a built-in function .*give the plugin another name/,
  ],
  [
    'an async exec',
    { 'later.ts': 'export class Later {\n\n  async exec() { return 1; }\n}\n' },
    'later.ts: line 3: exec is async, and a row cannot wait for a promise; return the value itself',
  ],
  [
    'an exec that returns a promise',
    { 'promised.ts': 'export class Promised {\n  exec(args) { return Promise.resolve(args[0]); }\n}\n' },
    'promised.ts: line 2: exec returns a promise',
  ],
  [
    'a missing npm package',
    { 'stats.ts': "// one\nimport { mean } from 'simple-statistics';\nexport class Stats { exec(a) { return mean(a); } }\n" },
    'stats.ts: line 2: cannot find package simple-statistics; run `npm install simple-statistics`',
  ],
  [
    'a missing scoped package that is loaded only later',
    { 'lazy.ts': "export class Lazy {\n  exec() { return 1; }\n  async load() { return import('@acme/deep/part.js'); }\n}\n" },
    'lazy.ts: line 3: cannot find package @acme/deep; run `npm install @acme/deep`',
  ],
  [
    'an enum',
    { 'colors.ts': 'export class Colors { exec() { return C.Red; } }\nenum C { Red }\n' },
    /colors\.ts: line 2: .*enum is not supported.*; use a constant object instead/,
  ],
  [
    'a namespace',
    { 'spaces.ts': 'export class Spaces { exec() { return 1; } }\nnamespace N { export const x = 1; }\n' },
    /spaces\.ts: line 2: .*namespace.*export its members by themselves/,
  ],
  [
    'a parameter property',
    { 'param.ts': 'export class Param {\n  constructor(private x: number) {}\n  exec() { return this.x; }\n}\n' },
    /param\.ts: line 2: .*parameter property is not supported.*declare the field in the class/,
  ],
  [
    'a decorator',
    { 'deco.ts': 'const d = (x: any, c: any) => x;\n@d\nexport class Deco { exec() { return 1; } }\n' },
    'deco.ts: line 2: decorators are not supported; call the function yourself',
  ],
  [
    'import = require',
    { 'old.ts': "import fs = require('fs');\nexport class Old { exec() { return fs; } }\n" },
    /old\.ts: line 1: .*; use import/,
  ],
  [
    'a default export',
    { 'mine.ts': 'export default class Mine { exec() { return 1; } }\n' },
    'mine.ts: it must export Mine, but exports default; write `export class Mine` instead of `export default`',
  ],
  [
    'an export of another name',
    { 'wanted.ts': 'export class Other { exec() { return 1; } }\n' },
    'wanted.ts: it must export Wanted, but exports Other; name the file after Other, or the export Wanted',
  ],
  [
    'no export',
    { 'hidden.ts': 'class Hidden { exec() { return 1; } }\n' },
    'it must export Hidden, but exports nothing; write `export class Hidden`',
  ],
  [
    'a misspelt method that is all there is',
    { 'sinky.ts': 'export class Sinky { colect(ctx, data) {} }\n' },
    'it has colect: did you mean collect?',
  ],
  [
    'a misspelt method beside a right one',
    { 'sinkz.ts': 'export class Sinkz {\n  collect() {}\n  confgure(props) { this.x = props.x; }\n}\n' },
    /sinkz\.ts: line 3: the gateway calls collect only; it has confgure: did you mean configure\?/,
  ],
  [
    'a name with a hyphen',
    { 'my-source.ts': 'export class MySource { open() {} }\n' },
    'my-source.ts: "my-source" is not a plugin name: a letter, then letters, digits and _, as in mySource@v1.2.ts; rename it to mySource.ts',
  ],
  ['a syntax error', { 'broken.ts': 'export class Broken {\n  exec() {\n    return (1 + ;\n  }\n}\n' }, /broken\.ts: line 3: /],
  [
    'a syntax error in JavaScript',
    { 'brokenJs.js': 'exports.BrokenJs = class {\n  exec() { return 1 +; }\n};\n' },
    /brokenJs\.js: line 2: /,
  ],
  [
    'a throw while it is loaded',
    { 'early.ts': 'export class Early { exec() { return 1; } }\nthrow new Error("no licence");\n' },
    'early.ts: line 2: no licence',
  ],
  [
    'a constructor with arguments',
    { 'needy.ts': 'export class Needy {\n  constructor(options) { this.o = options; }\n  collect() {}\n}\n' },
    'needy.ts: line 2: the constructor asks for 1 argument and gets none; options come with configure(…)',
  ],
  [
    'process.exit',
    { 'quit.ts': 'export class Quit {\n  collect(ctx, d) {\n    if (!d) process.exit(1);\n  }\n}\n' },
    'quit.ts: line 3: process.exit is refused in a gateway; throw an error',
  ],
  [
    'a value of kuiper-gateway',
    { 'typed.ts': "import { Row } from 'kuiper-gateway';\nexport class Typed { exec() { return Row; } }\n" },
    'typed.ts: line 1: kuiper-gateway has only types: write `import type { … }',
  ],
  [
    'the test harness in the plugin',
    {
      'harness.ts':
        "import { fakeContext } from '@kuiper-gateway/plugin/testing';\nexport class Harness { exec() { return fakeContext(); } }\n",
    },
    'harness.ts: line 1: @kuiper-gateway/plugin/testing is for tests',
  ],
  [
    'a relative import without extension',
    { 'rel.ts': "import { x } from './lib';\nexport class Rel { exec() { return x; } }\n", 'lib.ts': 'export const x = 1;\n' },
    'rel.ts: line 1: cannot find ./lib; write the whole name: ./lib.ts',
  ],
  [
    'a relative import that is not there',
    { 'gone.ts': "import { x } from './nowhere.ts';\nexport class Gone { exec() { return x; } }\n" },
    'gone.ts: line 1: cannot find ./nowhere.ts; correct the path',
  ],
  [
    'an undeclared name',
    { 'undeclared.ts': 'export class Undeclared {\n  exec(args) {\n    return missing + args[0];\n  }\n}\n' },
    /undeclared\.ts: line 3: missing is not defined; declare or import it/,
  ],
  [
    'a misspelt method of the context',
    { 'ctxTypo.ts': 'export class CtxTypo {\n  exec(args, ctx) {\n    ctx.incCounter("a", 1);\n    return 1;\n  }\n}\n' },
    /ctxTypo\.ts: line 3: ctx\.incCounter is not a function; did you mean incrCounter\?/,
  ],
  [
    'a misspelt method of the context, in typed code that is not run',
    {
      'ctxType.ts':
        "import type { SinkContext } from '@kuiper-gateway/plugin';\nexport class CtxType {\n  collect(ctx: SinkContext) { ctx.getRuleID(); }\n}\n",
    },
    /ctxType\.ts: line 3: .*getRuleID.*getRuleId/,
  ],
  [
    'a private key in the code',
    { 'keyed.ts': 'export class Keyed {\n  exec() { return 1; }\n}\nconst key = `\n-----BEGIN PRIVATE KEY-----\nabc`;\n' },
    'keyed.ts: line 5: a private key would travel with the plugin; take it from an option',
  ],
  [
    'a password in the code',
    { 'pass.ts': "export class Pass {\n  collect() { return login({ password: 'S3cr3t-pa55' }); }\n}\nconst login = (x) => x;\n" },
    'pass.ts: line 2: a value of "password" would travel with the plugin',
  ],
  [
    'a login in an address',
    { 'addr.ts': "export class Addr { collect() {} }\nconst broker = 'mqtt://admin:hunter22@10.0.0.7';\n" },
    'addr.ts: line 2: a login in an address would travel',
  ],
  [
    'a token in a runtime file',
    { 'tok.ts': 'export class Tok { collect() {} }\n', 'etc/config.json': '{\n  "apiKey": "9f8e7d6c5b4a39281706"\n}\n' },
    'etc/config.json: line 2: a value of "apiKey" would travel with the plugin',
  ],
  [
    'metadata that is not JSON',
    { 'meta.ts': 'export class Meta { exec() { return 1; } }\n', 'meta.json': '{\n  "functions": [,]\n}\n' },
    /meta\.json: line 2: it is not JSON: /,
  ],
  [
    'metadata that names a function that is not there',
    {
      'many.ts': 'export class One { exec() { return 1; } }\nexport class Two { exec() { return 2; } }\n',
      'many.json': '{\n  "functions": [{ "name": "one" },\n    { "name": "three" }]\n}\n',
    },
    'many.json: line 3: it names the function three, but the plugin exports One, Two; export Three or take the name out',
  ],
  [
    'conf keys that are not YAML',
    { 'conf.ts': 'export class Conf { open() {} }\n', 'conf.yaml': 'default:\n  a: 1\n b: [\n' },
    /conf\.yaml: line [34]: it is not YAML: /,
  ],
  ['a version that is none', { 'ver@1,0.ts': 'export class Ver { exec() { return 1; } }\n' }, '"1,0" is not a version'],
  ['UTF-16', { 'wide.ts': Buffer.from('\ufeffexport class Wide { exec() { return 1; } }', 'utf16le') }, 'it is UTF-16; save it as UTF-8'],
  [
    'a contract of the future',
    { 'future.ts': "export const apiVersion = '2.0';\nexport class Future { exec() { return 1; } }\n" },
    'it was written for plugin API 2.0, and this gateway offers 1.0; update the gateway',
  ],
  [
    'require in an ES module',
    { 'req.mjs': "const fs = require('node:fs');\nexport class Req { exec() { return fs; } }\n" },
    /req\.mjs: line 1: .*use import, or end the file name in \.cjs/,
  ],
  [
    'a bug in configure',
    { 'conf2.ts': 'export class Conf2 {\n  configure(datasource, props) {\n    this.host = props.server.host;\n  }\n  open() {}\n}\n' },
    /conf2\.ts: line 3: configure without options throws a TypeError: Cannot read properties of undefined/,
  ],
  ['a Go file', { 'word.go': 'package main\n' }, /word\.go: .*/],
];

// @covers issue:15#3
test.each(mistakes)('check finds %s, with file, line and cure', async (_what, files, finding) => {
  const { code, out } = await check(files);
  if (typeof finding === 'string') expect(out).toContain(finding);
  else expect(out).toMatch(finding);
  expect(code).toBe(1);
});

test('a plugin without mistakes passes, and what only looks like one is left alone', async () => {
  const { code, out } = await check({
    'fine.ts': `// import x from 'not-there'; process.exit(1)
import { readFileSync } from 'node:fs';
import type { Nothing } from 'kuiper-gateway';
import { defineFunction } from '@kuiper-gateway/plugin';
const text = "import y from 'neither-there'; process.exit()";
const pattern = /require\\('z'\\)/;
const password = process.env['PASSWORD'] ?? '';
export const Fine = defineFunction({
  args: [{ name: 'a' }],
  exec: ([a]) => \`\${text}\${pattern}\${password} \${\`inner \${a}\`} require('w')\` + typeof readFileSync,
});
`.replace("import type { Nothing } from 'kuiper-gateway';\n", ''),
    'fine.json': '{"functions": [{"name": "fine"}]}',
    'etc/readme.txt': 'password: ask your administrator',
  });
  expect(out).toContain('function fine: ok');
  expect(code).toBe(0);
});
