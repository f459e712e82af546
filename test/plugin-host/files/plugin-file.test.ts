// Names and versions of plugin files.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, parsePluginFileName, shownVersion, symbolOf } from '../../../src/plugin-host/files/plugin-file.ts';

const nameOf = (file: string) => {
  const r = parsePluginFileName(file);
  return r.kind === 'plugin' ? [r.file.name, r.file.version] : r.kind;
};

describe('parsePluginFileName', () => {
  test.each([
    ['mySource.ts', ['mySource', '']],
    ['MySource.ts', ['mySource', '']],
    ['random@v1.2.0.ts', ['random', 'v1.2.0']],
    ['random@nightly-7.mjs', ['random', 'nightly-7']],
    ['a.mts', ['a', '']],
    ['a.cjs', ['a', '']],
    ['a.cts', ['a', '']],
    ['a.js', ['a', '']],
    ['.a.ts.Xy12Za', 'ignored'],
    ['.a.ts.swp', 'ignored'],
    ['a.ts~', 'ignored'],
    ['#a.ts#', 'ignored'],
    ['4913', 'ignored'],
    ['a.ts.part', 'ignored'],
    ['sedAb12Cd', 'ignored'],
    ['a.d.ts', 'ignored'],
    ['a.so', 'refused'],
    ['my-plugin.ts', 'refused'],
    ['1a.ts', 'refused'],
    ['a@.ts', 'refused'],
    ['a@v 1.ts', 'refused'],
    ['ä.ts', 'refused'],
  ])('%s', (file, expected) => {
    expect(nameOf(file)).toEqual(expected);
  });

  test('never throws, and names are safe in paths', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('.ts', '.js', '.zip', ''), (stem, ext) => {
        const r = parsePluginFileName(stem + ext);
        if (r.kind === 'plugin') expect(`${r.file.name}@${r.file.version}`).toMatch(/^[a-z][A-Za-z0-9_]*@[A-Za-z0-9._+~-]*$/);
      }),
    );
  });
});

describe('versions', () => {
  test('are ordered: none first, digits as numbers, the rest bytewise, one leading v does not matter', () => {
    const sorted = ['', '1', 'v1.2', '1.9.0', 'v1.10.0', '1.10.0-rc', '2', '10', '99999999999999999999999', 'alpha', 'beta2', 'beta10'];
    const shuffled = [...sorted].reverse().sort(compareVersions);
    expect(shuffled).toEqual(sorted);
    expect(compareVersions('v1.2', '1.2')).toBe(0);
    expect(compareVersions('1.02', '1.2')).toBe(0);
  });
  const version = fc.stringMatching(/^[v0-9a-c.]{0,8}$/);
  test('the order is total', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
  test('one leading v is left out when reported', () => {
    expect([shownVersion('v1.2'), shownVersion('vv1'), shownVersion('1v')]).toEqual(['1.2', 'v1', '1v']);
  });
  test('symbols', () => expect(symbolOf('mySource')).toBe('MySource'));

  // @covers issue:21#7
  test('a library of Go is refused with what to do instead', () => {
    expect(parsePluginFileName('old@v1.so')).toEqual({
      kind: 'refused',
      reason:
        'it is a plugin in Go; this gateway runs plugins in TypeScript and JavaScript: `kuiper plugin port FILE.go` makes a skeleton of its source (docs/plugins/porting.md)',
    });
  });
});
