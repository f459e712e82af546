// The shipped compile cache holds stripped sources and no V8 code, which is never the same twice.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isCode } from '../../image/lib/keep-transpiled.ts';

const script = fileURLToPath(new URL('../../image/lib/keep-transpiled.ts', import.meta.url));
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'cache-'));
  mkdirSync(join(dir, 'src'));
  for (let i = 0; i < 120; i++)
    writeFileSync(
      join(dir, 'src', `m${i}.ts`),
      `export const value${i}: number = ${i};\nexport function twice${i}(): number { return value${i} * 2; }\n`,
    );
  writeFileSync(
    join(dir, 'src/main.ts'),
    Array.from({ length: 120 }, (_, i) => `import { twice${i} } from './m${i}.ts';\ntwice${i}();\n`).join(''),
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** One run of real Node with a cache, then our script. @returns file name -> bytes */
function build(name: string): Map<string, string> {
  const made = join(dir, `${name}-made`);
  execFileSync(process.execPath, [join(dir, 'src/main.ts')], { env: { ...process.env, NODE_COMPILE_CACHE: made, NODE_OPTIONS: '' } });
  const all = readdirSync(join(made, readdirSync(made)[0]!)).map((file) => readFileSync(join(made, readdirSync(made)[0]!, file)));
  expect(all.filter(isCode).length).toBeGreaterThan(100); // Node writes both kinds
  expect(all.filter((entry) => !isCode(entry)).length).toBeGreaterThan(100);
  const out = join(dir, `${name}-out`);
  execFileSync(process.execPath, [script, made, out]);
  const [tag] = readdirSync(out);
  expect(tag).toMatch(/-970$/);
  return new Map(readdirSync(join(out, tag!)).map((file) => [file, readFileSync(join(out, tag!, file), 'latin1')]));
}

test('two builds are equal and hold no code', () => {
  const one = build('one');
  expect(build('two')).toEqual(one);
  for (const text of one.values()) expect(isCode(Buffer.from(text, 'latin1'))).toBe(false);
});

test('a cache without sources is refused', () => {
  const made = join(dir, 'empty/v26-x64-0-0');
  mkdirSync(made, { recursive: true });
  expect(() => execFileSync(process.execPath, [script, join(dir, 'empty'), join(dir, 'none')], { stdio: 'pipe' })).toThrow(
    'only 0 sources',
  );
});
