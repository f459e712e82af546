// `kuiper plugin new | check | pack`: what they write works, and what is wrong is named.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { pluginTemplates } from '../../src/cli/plugin-templates.ts';
import { readArchive } from '../../src/plugin-host/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'kuiper-cli-plugin-'));
beforeAll(() => mkdirSync(join(folder, 'etc')));
afterAll(() => rmSync(folder, { recursive: true }));

async function kuiper(...args: string[]): Promise<string> {
  let out = '';
  await runCli(args, {}, (text) => (out += `${text}\n`));
  return out;
}
const write = (file: string, text: string) => {
  writeFileSync(join(folder, file), text);
  return join(folder, file);
};

test('a new plugin of each kind passes the check and is packed', async () => {
  writeFileSync(join(folder, 'etc/data.bin'), 'x');
  for (const [kind, template] of Object.entries(pluginTemplates)) {
    const name = `my${kind}`;
    const file = write(`${name}.ts`, template.replaceAll('{name}', name).replaceAll('{symbol}', `My${kind}`));
    expect(await kuiper('plugin', 'check', file)).toContain(`${kind} ${name}: ok`);
    const zip = join(folder, `${name}.zip`);
    expect(await kuiper('plugin', 'pack', file, '-o', zip)).toContain('is written');
    expect(readArchive(readFileSync(zip)).map((e) => e.path)).toEqual([`${name}.ts`, 'etc/data.bin']);
  }
});

test.each([
  ['enum.ts', 'const a = 1;\nenum B { C }\nexport class Enum { exec() {} }', ['enum.ts', 'line 2', 'enum is not supported']],
  ['syntax.js', 'export class Syntax {\n  exec() { return 1 +; }\n}', ['syntax.js', 'line 2']],
  ['throwing.ts', 'export class Throwing { exec() {} }\nthrow new Error("at load");', ['throwing.ts', 'line 2', 'at load']],
  ['other.ts', 'export class Another { exec() {} }', ['it must export Other, but exports Another']],
  ['shapeless.ts', 'export class Shapeless { run() {} }', ['exec(args, ctx) to be a function']],
  ['wrong-name.ts', '', ['"wrong-name" is no plugin name']],
  ['typed.ts', "import { Row } from 'kuiper-gateway';\nexport class Typed { exec() { return Row; } }", ['import type']],
])('errors name the file and the line: %s', async (file, text, expected) => {
  const out = await kuiper('plugin', 'check', write(file, text));
  for (const part of expected) expect(out).toContain(part);
});

test('new refuses a bad name and never overwrites', async () => {
  expect(await kuiper('plugin', 'new', 'function', '../evil')).toContain('no plugin name');
  expect(await kuiper('plugin', 'new', 'window', 'x')).toContain('Expect source, sink or function');
  expect(existsSync('evil.ts')).toBe(false);
});
