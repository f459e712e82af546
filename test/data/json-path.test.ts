// JSON path as eKuiper's library evaluates it. Expected values were recorded from eKuiper 2.4.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '../../src/data/json-path/index.ts';
import type { Value } from '../../src/data/value.ts';

const document: Value = {
  x: [{ y: 1, t: 'p' }, { y: 2, t: 'q' }, { z: 3 }],
  n: 5,
  name: 'n',
  list: [1, 2, 3, 4, 5],
  nul: null,
};
const query = (path: string, data: Value = document): Value => compileJsonPath(path)(data);

describe('JSON path', () => {
  it('members, elements and the root', () => {
    expect(query('$')).toEqual(document);
    expect(query('$.list[1]')).toBe(2);
    expect(query('$["name"]')).toBe('n');
    expect(query('$.x[0].y')).toBe(1);
    expect(query('$.list[1.9]')).toBe(2);
    expect(query('$.list[$.n-4]')).toBe(2);
    expect(query('$[1]', [1, 2])).toBe(2);
  });

  it('what a plain path lacks is an error', () => {
    expect(() => query('$.nope')).toThrow('unknown key nope');
    expect(() => query('$.list[9]')).toThrow('index 9 out of bounds');
    expect(() => query('$.list[-1]')).toThrow('index -1 out of bounds');
    expect(() => query('$.list.length')).toThrow('invalid key: expected number but got string(length)');
    expect(() => query('$.n.x')).toThrow('unsupported value type float64 for select');
    expect(() => query('$.toString')).toThrow('unknown key toString');
  });

  it('star, list, slice, descent and filter give arrays and drop what fails', () => {
    expect(query('$.x[*].y')).toEqual([1, 2]);
    expect(query('$["n","name"]')).toEqual([5, 'n']);
    expect(query('$.list[0,2,99]')).toEqual([1, 3]);
    expect(query('$..y')).toEqual([1, 2]);
    expect(query('$..[?(@.y>0)]')).toEqual([
      { y: 1, t: 'p' },
      { y: 2, t: 'q' },
    ]);
    expect(query('$.x[?(@.y > 1)].t')).toEqual(['q']);
    expect(query('$.x[? @.y>1].t')).toEqual(['q']);
    expect(query('$.x[?(@.t == "p")]')).toEqual([{ y: 1, t: 'p' }]);
    expect(query('$.x[?(@.t =~ "p|q")].y')).toEqual([1, 2]);
    expect(query('$.x[?(@.y in [1,5])].t')).toEqual(['p']);
    expect(query('$.x[?(!(@.y == 1))].t')).toEqual(['q']);
    expect(query('$.x[?(@.y==1 || @.z==3)]')).toEqual([{ y: 1, t: 'p' }]); // the third has no y: its condition fails
    expect(() => query('$.x[(@.y)]')).toThrow('expected number'); // inside brackets @ is the array
    expect(query('$.n[*]')).toEqual([]);
  });

  it('slices: open ends, steps, negative bounds', () => {
    expect(query('$.list[1:3]')).toEqual([2, 3]);
    expect(query('$.list[:2]')).toEqual([1, 2]);
    expect(query('$.list[3:]')).toEqual([4, 5]);
    expect(query('$.list[-2:]')).toEqual([4, 5]);
    expect(query('$.list[::2]')).toEqual([1, 3, 5]);
    expect(query('$.list[::-1]')).toEqual([5, 4, 3, 2, 1]);
    expect(query('$.list[0:-1]')).toEqual([]);
    expect(query('$.n[1:]')).toEqual([]);
  });

  it('expressions around paths', () => {
    expect(query('$.n + 1')).toBe(6);
    expect(query('$.name+1')).toBe('n1');
    expect(query('$.x[0].y == "1"')).toBe(true);
    expect(query('$.n > 3 ? "big" : "small"')).toBe('big');
    expect(query('$.nul ?? 7')).toBe(7);
    expect(query('[$.n, $.name]')).toEqual([5, 'n']);
    expect(query('{"q": $.n}')).toEqual({ q: 5 });
    expect(query('1+2*3')).toBe(7);
    expect(query('2**3**2')).toBe(64);
    expect(query('-$.n')).toBe(-5);
    expect(query('$.n // a comment')).toBe(5);
    expect(query('name')).toBe('n');
    expect(query('nope')).toBe(null);
    expect(query('list[1]')).toBe(2);
    expect(query('name', [1, 2])).toEqual([1, 2]);
  });

  it('faults in the path are errors with the place', () => {
    for (const path of [
      '$.',
      '$[',
      '$..',
      '$.x[?]',
      '$.0',
      '$.list[1',
      '$.x[0].y, 1',
      '1 +',
      '(1',
      '$["a',
      '$[1:2:3:4]',
      'f(1)',
      '\\',
      '',
      '$ $',
    ])
      expect(() => compileJsonPath(path), path).toThrow();
    expect(() => compileJsonPath("$['name']")).toThrow('double quotes');
    expect(() => compileJsonPath('$[')).toThrow('parsing error: $[ - 1:3 unexpected EOF while scanning extensions');
  });

  it('nesting is bounded', () => {
    expect(() => compileJsonPath('('.repeat(2000))).toThrow('nested more than');
    expect(() => compileJsonPath('-'.repeat(2000))).toThrow('nested more than');
    expect(() => compileJsonPath('x'.repeat(5000))).toThrow('at most 4096 characters');
  });

  it('property: any text is a path or an error, quickly', () => {
    const signs = fc.string({ unit: fc.constantFrom(...'$@.[]()*:?,"\'`abx019 <>=!&|+-/%^~{}#\\') });
    fc.assert(
      fc.property(signs, (path) => {
        try {
          compileJsonPath(path)(document);
        } catch (error) {
          expect((error as { code?: string }).code, path).toBe('EVAL_FAILED');
        }
      }),
      { numRuns: 3000 },
    );
  });
});
