// Errors of loading say what to do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { checkPluginFile } from '../../../src/plugin-host/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'kuiper-cures-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { log } = createMemoryLog();
const CLASS = 'export class Bad { exec() { return 1; } }';

test.each<[what: string, file: string, text: string | Buffer, parts: string[]]>([
  ['enum', 'bad.ts', `${CLASS}\nenum A { B }`, ['line 2', 'use a constant object']],
  [
    'parameter property',
    'bad.ts',
    'export class Bad {\n constructor(private x: number) {} exec() {} }',
    ['line 2', 'assign it in the constructor'],
  ],
  ['namespace', 'bad.ts', `namespace N { export const a = 1 }\n${CLASS}`, ['line 1', 'by themselves']],
  ['decorator', 'bad.ts', `function d(x: any, y: any) {}\n@d\n${CLASS}`, ['line 2', 'decorators are not supported']],
  ['missing package', 'bad.ts', `import x from 'nope-not-there';\n${CLASS}`, ["Cannot find package 'nope-not-there'", 'esbuild']],
  [
    'missing package in CommonJS',
    'bad.js',
    "const x = require('nope');\nexports.Bad = class { exec() {} }",
    ["Cannot find module 'nope'", 'esbuild'],
  ],
  ['UTF-16', 'bad.ts', Buffer.from(`\ufeff${CLASS}`, 'utf16le'), ['UTF-16', 'save it as UTF-8']],
  ['default export', 'bad.ts', CLASS.replace('export', 'export default'), ['but exports default', 'write `export class Bad` instead']],
  ['another name', 'bad.ts', CLASS.replace('Bad', 'Other'), ['but exports Other', 'name the file after Other']],
  ['nothing', 'bad.ts', '', ['but exports nothing', 'write `export class Bad`']],
])('%s', async (_what, file, text, parts) => {
  writeFileSync(join(folder, file), text);
  const error = await checkPluginFile(join(folder, file), createVirtualClock(), log).catch((e: Error) => e);
  for (const part of parts) expect(String(error)).toContain(part);
  rmSync(join(folder, file));
});
