// The parts of the console that need no browser: pieces of SQL, differences of texts, texts of both languages.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffOf } from '../../src/console/logic/diff.ts';
import { sourcesIn, tokensOf } from '../../src/console/logic/sql-tokens.ts';
import { de } from '../../src/console/texts/de.ts';
import { en } from '../../src/console/texts/en.ts';

describe('pieces of SQL', () => {
  test('are the whole text in order, whatever it is', () => {
    const piece = fc.constantFrom('SELECT', ' ', "'", '"', '`', '--', '\n', 'a', '1.5e3', '(', ')', '/', 'é', '😀', '\\', '->', 'max(');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((p) => p.join('')),
        ),
        (sql) => {
          expect(
            tokensOf(sql)
              .map((t) => t.text)
              .join(''),
          ).toBe(sql);
        },
      ),
    );
  });

  test('are told apart: keyword, function, string, number, comment', () => {
    const kinds = tokensOf(`SELECT avg(a) FROM s WHERE b = 'FROM x' AND c > 1.5 -- FROM y`).filter((t) => t.kind !== 'other');
    expect(kinds.map((t) => `${t.kind}:${t.text}`)).toEqual([
      'keyword:SELECT',
      'function:avg',
      'word:a',
      'keyword:FROM',
      'word:s',
      'keyword:WHERE',
      'word:b',
      "string:'FROM x'",
      'keyword:AND',
      'word:c',
      'number:1.5',
      'comment:-- FROM y',
    ]);
  });

  test('streams are what stands behind FROM and JOIN, not in strings or comments', () => {
    expect(sourcesIn(`SELECT 'FROM no' FROM a INNER JOIN \`b-c\` ON a.x = b.x LEFT JOIN a ON 1 -- FROM d`)).toEqual(['a', 'b-c']);
    expect(sourcesIn('SELECT 1 FROM ')).toEqual([]);
  });
});

describe('the difference of two texts', () => {
  test('gives both texts back: what is not new is the old one, what is not gone the new one', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 12 }).map((l) => l.join('\n'));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const lines = diffOf(a, b);
        expect(
          lines
            .filter((l) => l.kind !== 'new')
            .map((l) => l.text)
            .join('\n'),
        ).toBe(a);
        expect(
          lines
            .filter((l) => l.kind !== 'gone')
            .map((l) => l.text)
            .join('\n'),
        ).toBe(b);
      }),
    );
  });

  test('keeps what is the same', () => {
    expect(diffOf('a\nb\nc', 'a\nx\nc').map((l) => `${l.kind} ${l.text}`)).toEqual(['same a', 'gone b', 'new x', 'same c']);
  });
});

describe('texts of the console', () => {
  const files = readdirSync('src/console', { recursive: true, encoding: 'utf8' }).filter(
    (f) => f.endsWith('.ts') && !f.startsWith('texts'),
  );
  const code = files.map((f) => readFileSync(join('src/console', f), 'utf8')).join('\n');

  test('both languages have the same keys and the same places for values', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(holes(de[key]), key).toEqual(holes(en[key]));
  });

  test('every text is used somewhere', () => {
    expect(Object.keys(en).filter((key) => !/^(step_|kind_|network_|span-)/.test(key) && !new RegExp(`['"]${key}['"]`).test(code))).toEqual(
      [],
    );
  });
});

describe('the console’s code', () => {
  test('writes no markup from text: no innerHTML, no eval, no inline handler', () => {
    for (const file of readdirSync('src/console', { recursive: true, encoding: 'utf8' }).filter((f) => /\.(ts|html)$/.test(f)))
      expect(readFileSync(join('src/console', file), 'utf8'), file).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|javascript:| on\w+="/,
      );
  });
});

describe('the pictures of the console', () => {
  // @covers issue:23#3
  test('are there, each below 100 kB, and are shown in README and docs/console.md', () => {
    const names = readdirSync('docs/images').filter((f) => f.startsWith('console-'));
    expect(names.sort()).toEqual(['caret', 'data', 'health', 'overview', 'phone', 'rule'].map((n) => `console-${n}.jpg`));
    for (const name of names) {
      const { size } = statSync(join('docs/images', name));
      expect(size, name).toBeGreaterThan(10_000);
      expect(size, name).toBeLessThan(100 * 1024);
    }
    expect(readFileSync('README.md', 'utf8')).toContain('docs/images/console-overview.jpg');
    const page = readFileSync('docs/console.md', 'utf8');
    for (const name of names) expect(page, name).toContain(`images/${name}`);
  });
});
