// The package `@kuiper-gateway/plugin` as its users get it: one archive that installs offline, type-checks with the library check on, and runs.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPluginKit } from '../../scripts/plugin-kit.ts';

const REPO = resolve(import.meta.dirname, '../..');
const node = join(REPO, 'node_modules/node/bin/node');
let folder = '';
let archive = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-kit-'));
  archive = buildPluginKit();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// @covers issue:15#2
test('installs offline into an empty folder, type-checks in strict mode and runs', () => {
  writeFileSync(join(folder, 'package.json'), '{"name":"mine","private":true,"type":"module"}');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', archive], { cwd: folder, stdio: 'pipe' });
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'esnext',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        erasableSyntaxOnly: true,
        verbatimModuleSyntax: true,
        skipLibCheck: false,
        types: ['node'],
        typeRoots: ['./node_modules/@kuiper-gateway/plugin/node_modules/@types'],
      },
      include: ['good.ts'],
    }),
  );
  writeFileSync(
    join(folder, 'good.ts'),
    `import { defineSource, type FunctionPlugin, type Row } from '@kuiper-gateway/plugin';
import { testFunction, testSource } from '@kuiper-gateway/plugin/testing';
export const Good = defineSource({
  options: { every: { type: 'duration', doc: 'pause', default: '1s' }, unit: { type: 'string', doc: 'unit' } },
  create() {
    let everyMs: number;
    return {
      configure({ options }) { everyMs = options.every; const unit: string | undefined = options.unit; void unit; },
      async open(ctx, emit) { await emit({ at: new Date(everyMs), big: 1n, bytes: new Uint8Array([1]) }); },
    };
  },
});
class Plain implements FunctionPlugin { exec([a]: readonly unknown[]) { return a; } }
const s = await testSource(Good, { props: { every: '2s' } });
await s.open();
const rows: readonly Row[] = s.rows;
console.log(JSON.stringify([rows[0]!['at'], testFunction(Plain).exec('x')]));
`,
  );
  const check = (file: string) => {
    const { stdout } = spawnSync(node, [join(REPO, 'node_modules/typescript/bin/tsc'), '-p', file], { cwd: folder, encoding: 'utf8' });
    return stdout;
  };
  expect(check('tsconfig.json')).toBe('');
  expect(execFileSync(node, ['good.ts'], { cwd: folder, encoding: 'utf8' })).toBe('["1970-01-01T00:00:02.000Z","x"]\n');
  // and the types do refuse what would fail at run time
  writeFileSync(
    join(folder, 'good.ts'),
    `import { defineFunction, defineSink } from '@kuiper-gateway/plugin';
export const A = defineSink({ create: () => ({}) });
export const B = defineFunction({ exec: (args, ctx) => ctx.getRuleID() });
`,
  );
  expect(check('tsconfig.json').match(/error TS\d+/g)).toEqual(['error TS2322', 'error TS2551']);
}, 60_000);

test('equal sources give an equal archive, which holds what it needs and nothing of this machine', () => {
  const again = buildPluginKit(join(folder, 'again'));
  expect(readFileSync(again).equals(readFileSync(archive))).toBe(true);
  expect(readdirSync(join(folder, 'again')).filter((f) => f.startsWith('work-'))).toEqual([]);
  const list = execFileSync('tar', ['tzf', archive], { encoding: 'utf8' }).split('\n');
  for (const file of ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/testing.d.ts'])
    expect(list).toContain(`package/${file}`);
  const text = execFileSync('tar', ['xzOf', archive, 'package/dist/testing.d.ts', 'package/dist/index.d.ts'], { encoding: 'utf8' });
  expect(text).not.toContain(".ts'");
  expect(text).not.toContain(REPO);
});
