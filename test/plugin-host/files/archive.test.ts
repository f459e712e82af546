// Archives of plugins: what is refused, and that damage never does more than refuse.
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readArchive } from '../../../src/plugin-host/files/archive.ts';
import { writeArchive } from '../../../src/plugin-host/files/write-archive.ts';
import { readPackage } from '../../../src/service/plugins/read-package.ts';

const file = (path: string, text = 'x') => ({ path, content: Buffer.from(text) });
const zip = (...paths: string[]) => writeArchive(paths.map((p) => file(p)));
/** Replaces bytes of the text `from` everywhere (names are in two places). */
const patched = (z: Buffer, from: string, to: string) => Buffer.from(z.toString('latin1').replaceAll(from, to), 'latin1');
const central = (z: Buffer) => z.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));

describe('readArchive', () => {
  test('reads what writeArchive made', () => {
    const entries = [file('a.ts', 'export {}'), file('etc/deep/b.txt', ''), file('ä/日本.txt', 'ü')];
    expect(readArchive(writeArchive(entries))).toEqual(entries);
  });
  test('the same files give the same bytes', () => {
    expect(zip('a.ts', 'b.ts').equals(zip('a.ts', 'b.ts'))).toBe(true);
  });

  test.each([
    ['traversal', '../evil.ts', 'leads out'],
    ['traversal inside', 'etc/../../evil', 'leads out'],
    ['a dot part', 'etc/./a', 'leads out'],
    ['an absolute name', '/etc/passwd', 'absolute'],
    ['a backslash', '..\\evil.ts', 'backslash'],
    ['a drive', 'C:evil.ts', 'colon'],
    ['an empty part', 'etc//a', 'leads out'],
    ['a line break', 'a\nb.ts', 'invisible'],
    ['a NUL', 'a\0.ts', 'invisible'],
    ['text that runs backwards', 'a\u202Est.exe', 'invisible'],
    ['a zero width blank', 'a\u200b.ts', 'invisible'],
    ['a look-alike of a slash', 'a\uff0fb.ts', 'look-alike'],
    ['a look-alike of dots', '\u2025/b.ts', 'leads out'],
    ['a trailing dot', 'a./b', 'blank or a dot'],
    ['a trailing blank', 'a /b', 'blank or a dot'],
  ])('refuses %s', (_what, path, text) => {
    expect(() => readArchive(zip(path))).toThrow(text);
  });

  test('refuses the same name twice, also in another letter case or composition', () => {
    expect(() => readArchive(zip('a.ts', 'a.ts'))).toThrow('twice');
    expect(() => readArchive(zip('a.ts', 'A.ts'))).toThrow('twice');
    expect(() => readArchive(zip('\u00e9.ts', 'e\u0301.ts'))).toThrow('twice');
    expect(() => readArchive(zip('etc/a', 'etc/a/b'))).toThrow('file and a folder');
  });
  test('refuses links', () => {
    const z = zip('a.ts');
    z.writeUInt32LE((0o120777 << 16) >>> 0, central(z) + 38);
    expect(() => readArchive(z)).toThrow('link');
  });
  test('refuses encrypted entries', () => {
    const z = zip('a.ts');
    z.writeUInt16LE(1, central(z) + 8);
    expect(() => readArchive(z)).toThrow('encrypted');
  });
  test('refuses names that differ between directory and entry', () => {
    const z = zip('aaaa.ts');
    const at = z.indexOf('aaaa.ts');
    z.write('bbbb', at);
    expect(() => readArchive(z)).toThrow('inside');
  });
  test('refuses bombs: by size, ratio and lies about the size', () => {
    const big = writeArchive([{ path: 'a.ts', content: Buffer.alloc(8 * 1024 * 1024) }]);
    expect(() => readArchive(big)).toThrow('times its size');
    expect(() => readArchive(big, { maxBytes: 1024, maxEntries: 10, maxRatio: 1e9 })).toThrow('larger than');
    big.writeUInt32LE(10, central(big) + 24);
    expect(() => readArchive(big)).toThrow('larger than it says');
    expect(() => readArchive(zip('a', 'b', 'c'), { maxBytes: 1e9, maxEntries: 2, maxRatio: 200 })).toThrow('entries');
  });
  test('refuses what is not a zip', () => {
    expect(() => readArchive(Buffer.from('hello'))).toThrow('not a zip');
    expect(() => readArchive(Buffer.alloc(0))).toThrow('not a zip');
    expect(() => readArchive(patched(zip('a.ts'), 'PK\u0001\u0002', 'XX\u0001\u0002'))).toThrow('damaged');
  });

  test('fuzzed bytes are read as they were or refused with PLUGIN_ARCHIVE', () => {
    const good = writeArchive([file('echo.ts', 'export class Echo { exec() {} }'), file('etc/a.txt', 'hello'.repeat(50))]);
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(good.length), (changes, cut) => {
        const z = Buffer.from(good);
        for (const { at, to } of changes) z[at] = to;
        for (const bytes of [z, z.subarray(0, cut)]) {
          try {
            for (const { path } of readArchive(bytes)) expect(path).not.toMatch(/^\/|\.\.|\\/);
          } catch (error) {
            expect((error as { code?: string }).code).toBe('PLUGIN_ARCHIVE');
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
  test('any names: none leads out of its folder', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), fc.stringMatching(/^[./\\a]{1,8}$/)), {
          minLength: 1,
          maxLength: 5,
        }),
        (paths) => {
          try {
            for (const { path } of readArchive(zip(...paths))) expect(join('/base', path).startsWith('/base/')).toBe(true);
          } catch (error) {
            expect((error as { code?: string }).code).toBe('PLUGIN_ARCHIVE');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('readPackage', () => {
  const read = (...paths: string[]) =>
    readPackage('sources', 'echo', writeArchive(paths.map((p) => file(p, p.endsWith('.json') ? '{}' : 'x'))));
  test('sorts files', () => {
    const c = read('Echo@v1.ts', 'echo.yaml', 'echo.json', 'etc/a', 'README.md');
    expect([c.plugins[0]!.path, c.confKeys?.path, c.metadata?.path, c.runtime[0]!.path]).toEqual([
      'Echo@v1.ts',
      'echo.yaml',
      'echo.json',
      'a',
    ]);
  });
  test('names what is missing', () => {
    expect(() => read('other.ts')).toThrow('expect a file echo.ts');
    expect(() => read('echo.so')).toThrow('plugin in Go');
    expect(() => read('echo.ts', 'lib/help.js')).toThrow('nothing would read [lib/help.js]');
  });
});
