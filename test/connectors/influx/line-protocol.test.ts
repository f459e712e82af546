// Lines of rows: escapes, types, what cannot be written. The real server reads them in influx.test.ts; a small reader of the grammar here.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeLine } from '../../../src/connectors/influx/line-protocol.ts';
import type { Value } from '../../../src/data/value.ts';

const line = (tags: Record<string, string>, fields: Record<string, Value>, measurement = 'm') =>
  writeLine(measurement, Object.entries(tags), Object.entries(fields), 5n);

/** Splits at `at` where no backslash escapes it and no quotes hold it. */
function split(text: string, at: string, quotes: boolean): string[] {
  const parts = [''];
  let inside = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\\' && i + 1 < text.length && (inside ? /["\\]/ : /[,= ]/).test(text[i + 1]!)) parts[parts.length - 1] += c + text[++i];
    else if (c === '"' && quotes) {
      inside = !inside;
      parts[parts.length - 1] += c;
    } else if (c === at && !inside) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts;
}
const unescaped = (t: string) => t.replace(/\\([,= ])/g, '$1');

describe('a line', () => {
  it('holds integers, floats, truth values and texts in their forms, and leaves null, absent and empty tags out', () => {
    expect(line({ a: 'x', b: '' }, { i: 7n, f: 1.5, big: 1e21, t: true, s: 'q"\\', n: null, u: undefined })).toBe(
      'm,a=x i=7i,f=1.5,big=1e+21,t=true,s="q\\"\\\\" 5',
    );
  });

  it('takes the whole range of int64 and nothing beyond', () => {
    expect(line({}, { a: -(2n ** 63n), b: 2n ** 63n - 1n })).toBe('m a=-9223372036854775808i,b=9223372036854775807i 5');
    for (const v of [2n ** 63n, -(2n ** 63n) - 1n, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => line({}, { v })).toThrow(/field v/);
  });

  it.each([
    [() => line({}, {})],
    [() => line({}, { a: null })],
    [() => line({}, { a: 1 }, '')],
    [() => line({}, { a: 1 }, 'a\nb')],
    [() => line({ t: 'a\nb' }, { a: 1 })],
    [() => line({ t: 'C:\\' }, { a: 1 })],
    [() => line({ t: 'a\\,b' }, { a: 1 })],
    [() => line({ t: 'a\\\\b' }, { a: 1 })],
    [() => line({}, { 'a\\': 1 })],
  ])('is refused where the protocol has no form for it: %s', (make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'VALUE_REFUSED' }));
  });

  it('a value of a message stays in its place of the line, whatever it holds', () => {
    const text = fc.string({ minLength: 1, unit: fc.constantFrom('a', ',', '=', ' ', '"', '\\', 'é', '1') });
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.string({ unit: fc.constantFrom('a', ',', '=', ' ', '"', '\\', '\n') }),
        (measurement, tag, name, value) => {
          let written: string;
          try {
            written = line({ k: tag }, { [name]: value, z: 1n }, measurement);
          } catch (error) {
            expect([measurement, tag, name].some((t) => /\\([,= \\]|$)/.test(t))).toBe(true);
            expect(error).toMatchObject({ code: 'VALUE_REFUSED' });
            return;
          }
          const [head, fields, stamp, ...more] = split(written, ' ', true);
          // quotes are no quotes before the fields
          if (!/"/.test(measurement + tag + name)) {
            expect(more).toEqual([]);
            expect(stamp).toBe('5');
            const [m, t] = split(head!, ',', false);
            expect(unescaped(m!)).toBe(measurement);
            expect(split(t!, '=', false).map(unescaped)).toEqual(['k', tag]);
            const parts = split(fields!, ',', true).map((p) => split(p, '=', true));
            expect(parts.map(([n]) => unescaped(n!)).sort()).toEqual([...new Set([name, 'z'])].sort());
            if (name !== 'z') expect(parts[0]![1]!.slice(1, -1).replace(/\\(["\\])/g, '$1')).toBe(value);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
